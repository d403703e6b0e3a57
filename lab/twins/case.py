"""What a case is: what a program does, and what it looks at afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

POOLS = ("prefork", "threads", "solo", "gevent", "eventlet")
# A step of a case: up to its first `yield` it publishes, and what it yields is observed; None is not.
Steps = Iterator[Any]


@dataclass(frozen=True)
class Case:
    """A case by its name, and the pools in which stock Celery can do it at all."""

    name: str
    begin: Callable[[], Steps]
    pools: tuple[str, ...] = POOLS


class Noted(NamedTuple):
    """A result that does not tell when its task has ended: it is looked at when this is noted so many times."""

    result: Any
    words: tuple[Any, ...]
    times: int = 1


class Cases:
    """The cases of a module, in their order; their functions are added by its `case`."""

    def __init__(self) -> None:
        """None yet."""
        self.all: list[Case] = []

    def case(self, begin: Callable[[], Steps]) -> Callable[[], Steps]:
        """Add a case for every pool."""
        self.all.append(Case(begin.__name__.replace("_", " "), begin))
        return begin

    def only_in(self, *pools: str) -> Callable[[Callable[[], Steps]], Callable[[], Steps]]:
        """Add a case for these pools."""

        def add(begin: Callable[[], Steps]) -> Callable[[], Steps]:
            self.all.append(Case(begin.__name__.replace("_", " "), begin, pools))
            return begin

        return add
