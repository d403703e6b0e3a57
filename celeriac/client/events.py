"""The events of tasks, as small values: `match event: case Progress(done, total): ...`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from celeriac.client.documents import TaskDocument


@dataclass(frozen=True, slots=True)
class StateChange:
    """The task has a new state."""

    state: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the task is; `total` is None if it does not know."""

    done: float
    total: float | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """A line that the task logged."""

    line: str


@dataclass(frozen=True, slots=True)
class Output:
    """A part of its output that the task gave early: text, or a JSON value that a generator of others than texts has yielded."""

    chunk: Any


@dataclass(frozen=True, slots=True)
class Cut:
    """Some earlier events are no longer kept."""


@dataclass(frozen=True, slots=True)
class Done:
    """The task has ended; no event follows."""

    document: TaskDocument


@dataclass(frozen=True, slots=True)
class Gone:
    """The task was deleted meanwhile, or its record has expired; no event follows."""

    reason: str


Event: TypeAlias = StateChange | Progress | Log | Output | Cut | Done | Gone


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task, of all that the client may see, has a new state."""

    task_id: str
    name: str
    queue: str
    state: str


def event_of(kind: str, data: Any) -> Event | None:
    """The event with this name and data; None for a kind that this version does not know. `ValueError` for wrong data."""
    if not isinstance(data, dict):
        raise ValueError(f"the data of an event {kind!r} is not an object")  # noqa: TRY004 - a wrong text, not a wrong call
    try:
        return make(data) if (make := _MAKERS.get(kind)) else None
    except KeyError as missing:
        raise ValueError(f"an event {kind!r} lacks the member {missing}") from None


def change_of(data: Any) -> TaskChange:
    """The change of state that these data describe; `ValueError` for wrong data."""
    try:
        return TaskChange(data["task_id"], data["name"], data["queue"], data["state"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"a change of state has wrong data ({error})") from None


_MAKERS: Mapping[str, Callable[[Any], Event]] = {
    "state": lambda data: StateChange(data["state"], data["attempt"]),
    "progress": lambda data: Progress(data["done"], data["total"], data["message"]),
    "log": lambda data: Log(data["line"]),
    "output": lambda data: Output(data["chunk"]),
    "cut": lambda _: Cut(),
    "done": Done,
    "gone": lambda data: Gone(data["reason"]),
}
