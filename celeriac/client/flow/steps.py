"""What a flow asks of its driver, and gets an answer to at its `yield`."""

from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from celeriac.client.wire.request import Answer, Request

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request and read the whole answer; raises `Unreachable` or `ConnectionLost` if there is none."""

    request: Request
    # In which the answer has to begin, its wait included, and in which each further part has to come.
    seconds: float
    # In which all of it has to be there: a large result may take a while.
    whole_seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """Send this request and leave a stream of events or lines open; the answer has a body only where it is no such stream."""

    request: Request
    seconds: float


@dataclass(frozen=True, slots=True)
class Next:
    """Read the next event of the open stream; None at its end."""


@dataclass(frozen=True, slots=True)
class Item(Generic[T_co]):
    """Give this to the user of a series."""

    value: T_co


@dataclass(frozen=True, slots=True)
class SideBySide(Generic[T_co]):
    """Run these flows, at most `at_once` side by side, and give the user what each returns."""

    flows: "Iterator[Flow[T_co]] | AsyncIterator[Flow[T_co]]"
    at_once: int
    # Whether the user gets the values in the order of the flows.
    ordered: bool


Step: TypeAlias = Send | Pause
# A call: it returns one value.
Flow: TypeAlias = Generator[Step, Any, T]
# A call that gives values one by one.
Series: TypeAlias = Generator[Step | Open | Next | Item[T] | SideBySide[T], Any, None]


def send(request: Request, seconds: float, whole_seconds: float) -> Flow[Answer]:
    """The answer to a request that is sent once."""
    answer: Answer = yield Send(request, seconds, whole_seconds)
    return answer
