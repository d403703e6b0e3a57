"""Reads tasks: one by its id, or many from the list."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from celeriac.client.calls.described import Described
from celeriac.client.calls.waiting import read
from celeriac.client.calls.watching import follow
from celeriac.client.documents import State
from celeriac.client.events import Cut, TaskChange, change_of
from celeriac.client.flow.call import series, task_call, task_series
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.request import path_of

LONGEST_PAGE = 200


class Tasks(Described):
    """`get`, `tasks` and `events`."""

    @task_call
    def get(self, task_id: str | UUID, /, *, timeout: float | None = None) -> Flow[Any]:
        """Read a task, and return its handle. Raises `NotFound` for an unknown id, `Gone` for a forgotten task."""
        document = yield from read(str(task_id), self.deadline(timeout))
        return self.handle(document["task_id"], document)

    @task_series
    def tasks(
        self,
        *,
        state: State | Iterable[State] | None = None,
        name: str | Iterable[str] | None = None,
        queue: str | Iterable[str] | None = None,
        tag: str | Iterable[str] | None = None,
        schedule: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        owner: str | None = None,
        omit_results: bool = False,
        timeout: float | None = None,
    ) -> Series[Any]:
        """Iterate over tasks, the newest first: `tasks(state="failed")`. `timeout` is for each page.

        A task in the list has all these tags, and one of these states, names and queues. `schedule` lists what it submitted.
        With `omit_results`, large results cost nothing: `result()` reads one when it is asked for.
        """
        query = [
            *filters(state=state, name=name, queue=queue, tag=tag, schedule=schedule),
            *_times(created_after=created_after, created_before=created_before),
            *([("owner", owner)] if owner is not None else []),
            *([("omit", "result")] if omit_results else []),
            ("limit", str(LONGEST_PAGE)),
        ]
        yield from self._listed(
            "tasks", query, timeout, lambda document: self.handle(document["task_id"], document)
        )

    @series
    def events(
        self,
        *,
        name: str | Iterable[str] | None = None,
        queue: str | Iterable[str] | None = None,
        state: State | Iterable[State] | None = None,
    ) -> Series[TaskChange | Cut]:
        """Follow the state changes of all tasks, from now on, for as long as the loop runs. `Cut`: some were lost."""
        path = path_of("events", query=filters(name=name, queue=queue, state=state))
        changes: Series[TaskChange | Cut] = follow(path, _change, None, self.long_deadline(None))
        yield from changes


def filters(**values: str | Iterable[str] | None) -> list[tuple[str, str]]:
    """The query for these values; several values of one name each count."""
    return [(name, text) for name, value in values.items() for text in _texts(value)]


def _texts(value: str | Iterable[str] | None) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _times(**values: datetime | str | None) -> list[tuple[str, str]]:
    return [(name, time_text(name, value)) for name, value in values.items() if value is not None]


def time_text(name: str, value: datetime | str) -> str:
    """A time as the API reads it; `ValueError` if it has no time zone."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{name}={value!r} has no time zone: use datetime.now(UTC), for example.")
    return value.isoformat()


def _change(kind: str, data: Any) -> TaskChange | Cut | None:
    match kind:
        case "state":
            return change_of(data)
        case "cut":
            return Cut()
    return None
