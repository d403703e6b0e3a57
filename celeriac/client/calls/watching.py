"""Follows streams of events, over every loss of the connection."""

from collections.abc import Callable
from typing import Any, TypeVar

from celeriac.client.errors import (
    Gone,
    NotFound,
    Problem,
    UnexpectedAnswer,
    Unreachable,
)
from celeriac.client.events import Done, Event, event_of
from celeriac.client.events import Gone as GoneEvent
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import backoff, may_repeat
from celeriac.client.flow.steps import Item, Next, Open, Pause, Series
from celeriac.client.wire.json_text import beginning, parse
from celeriac.client.wire.problems import problem_of, unexpected
from celeriac.client.wire.request import EVENTS, Answer, Request, path_of

T = TypeVar("T")
# The API sends a comment every 10 seconds when nothing happens; after this silence the connection is dead.
SILENCE_SECONDS = 25.0


def task_events(task_id: str, after: str | None, deadline: Deadline) -> Series[Event]:
    """The events of a task; the last one is `Done` or `Gone`."""
    has_begun = False

    def read(kind: str, data: Any) -> Event | None:
        nonlocal has_begun
        has_begun = True
        return event_of(kind, data)

    try:
        path = path_of("tasks", task_id, "events")
        events: Series[Event] = follow(path, read, after, deadline, is_last=_is_last)
        yield from events
    except (Gone, NotFound) as problem:
        if not has_begun:
            raise
        yield Item(GoneEvent(problem.detail))


def follow(
    path: str,
    read: Callable[[str, Any], T | None],
    after: str | None,
    deadline: Deadline,
    *,
    is_last: Callable[[Any], bool] = lambda _: False,
) -> Series[T]:
    """Each event of a stream, once: after a loss, it continues behind the last one."""
    place, attempt = after, 0
    while True:
        failure: Unreachable | Problem | None = None
        pause = backoff(attempt)
        attempt += 1
        try:
            _check((yield Open(_request(path, place), SILENCE_SECONDS)))
            deadline.answered()
            while (received := (yield Next())) is not None:
                place, attempt = received.id or place, 0
                if (event := _event(received, read)) is not None:
                    yield Item(event)
                    if is_last(event):
                        return
        except (Unreachable, Problem) as error:
            if not may_repeat(_request(path, place), error):
                raise
            failure = error
            pause = error.pause(pause) if isinstance(error, Problem) else pause
        if failure and not deadline.allows(pause):
            raise failure
        yield Pause(pause)


def _is_last(event: Event) -> bool:
    return isinstance(event, Done | GoneEvent)


def _request(path: str, place: str | None) -> Request:
    headers = {"Accept": EVENTS, "Cache-Control": "no-store"}
    return Request("GET", path, {**headers, "Last-Event-ID": place} if place else headers)


def _check(answer: Answer) -> None:
    """The stream is open, or the refusal is raised."""
    if answer.status >= 300:
        raise problem_of(answer)
    if answer.content_type != EVENTS:
        raise unexpected(answer, "The answer is not a stream of events")


def _event(received: Any, read: Callable[[str, Any], T | None]) -> T | None:
    if not received.data:
        return None
    try:
        return read(received.event, parse(received.data))
    except ValueError as error:
        raise UnexpectedAnswer(
            f"An event is not one of Celeriac: {error} ({beginning(received.data.encode())!r}).", status=200
        ) from None
