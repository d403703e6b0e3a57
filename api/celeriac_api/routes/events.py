"""Streams the events of one task, or of all, as server-sent events."""

import asyncio
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from itertools import chain
from time import monotonic
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Header, Query
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from redis.exceptions import RedisError
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.event_streams import NOTHING, RETRY_SECONDS, START, Feed, is_after
from celeriac.ledger.live.recent_batches import Batch, Entry
from celeriac.ledger.model.history import History
from celeriac.ledger.model.states import FINAL
from celeriac.ledger.model.task import Gone
from celeriac.ledger.store import keys
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.settings import Settings
from celeriac_api.access.authenticate import Door
from celeriac_api.access.caller import Caller
from celeriac_api.access.seats import Seats
from celeriac_api.request.call import Call
from celeriac_api.request.parameter_types import StateName, misfit
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.task_id import OfTask, find
from celeriac_api.response.errors import TaskNotFound
from celeriac_api.response.openapi import problems
from celeriac_api.response.task_document import task_document
from celeriac_api.server.route import Handler, Route

HEARTBEAT_SECONDS = 10.0
# Of a task that has ended, so long may its last events be under way; those of a stock worker have no end.
SETTLED_SECONDS = 1.0
# So many streams read the document of their task, when they end: what others wait for comes between.
ENDING_AT_ONCE = 16
HEARTBEAT = format_sse_event(comment="still here")
CUT = format_sse_event(event="cut", data_str='{"reason":"older events are not kept"}')
GONE = format_sse_event(event="gone", data_str='{"reason":"the task was deleted, or its record has expired"}')
# What is sent in one piece: a client that does not read holds up one piece, however large the event.
PIECE_BYTES = 65_536
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Before all that stands in a task's stream: it was accepted.
ACCEPTED = b"0-1"
_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}", re.ASCII)

Answer = TypeVar("Answer")
# Fields, and the values that each may have.
EventFilter = tuple[tuple[bytes, frozenset[str]], ...]
EVENT = {
    "description": "One event of the stream.",
    "type": "object",
    "properties": {"event": {"type": "string"}, "id": {"type": "string"}, "data": {"type": "string"}},
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, as they happen. Their data is JSON.",
        "content": {"text/event-stream": {"schema": EVENT}},
    }
}


def _event_id(text: str) -> str:
    if text and not _ID.fullmatch(text):
        raise misfit("should be the id of an earlier event")
    return text


LastEventID = Annotated[
    Annotated[str, Field(pattern=r"^([0-9]{1,19}-[0-9]{1,19})?$")] | SkipJsonSchema[None],
    BeforeValidator(_event_id),
    Header(alias="Last-Event-ID", description="Continue after the event with this id."),
]


class TaskEventsParameters(OfTask):
    """The task, and the event after which to continue."""

    last_event_id: LastEventID = None


class AllEventsParameters(Parameters):
    """A filter for events, and the event after which to continue."""

    name: Annotated[list[str], Query(description="Only tasks of these definitions.")] = Field(
        default_factory=list
    )
    queue: Annotated[list[str], Query(description="Only tasks of these queues.")] = Field(
        default_factory=list
    )
    state: Annotated[list[StateName], Query(description="Only changes to these states.")] = Field(
        default_factory=list
    )
    last_event_id: LastEventID = None

    @property
    def event_filter(self) -> EventFilter:
        """The fields of an event that are asked for, with their values."""
        fields = (("name", self.name), ("queue", self.queue), ("state", self.state))
        return tuple((field.encode(), frozenset(values)) for field, values in fields if values)


class SeatedStream(EventSourceResponse):
    """A stream that keeps its caller's seat to its end, which comes with the end of its caller's key at the latest."""

    def __init__(
        self,
        events: AsyncIterator[bytes],
        place: "Place",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take this place over."""
        super().__init__(events, headers={**HEADERS, **headers})
        self._seat, self._caller, self._door = place.seat.pop_all(), place.caller, place.door

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Send it."""
        is_admitted = partial(self._door.still_admits, scope, self._caller)
        self.body_iterator = _while_admitted(self.body_iterator, is_admitted)
        with self._seat:
            await super().__call__(scope, receive, send)


async def _while_admitted(pieces: AsyncIterable[Any], is_admitted: Callable[[], bool]) -> AsyncIterator[Any]:
    async for piece in pieces:
        if not is_admitted():
            return
        yield piece


class Place(NamedTuple):
    """The seat of a caller, and the door that let it in."""

    seat: ExitStack
    caller: Caller
    door: Door


class Streams:
    """The events of a task, as an answer."""

    def __init__(self, settings: Settings, ledger: Ledger, feed: Feed, seats: Seats, door: Door) -> None:
        """What all streams share."""
        self._settings = settings
        self._seats = seats
        self._door = door
        self._ledger = ledger
        self._feed = feed
        self._ending = asyncio.Semaphore(ENDING_AT_ONCE)

    @contextmanager
    def place(self, caller: Caller) -> Iterator[Place]:
        """A seat of this caller: until the end of the stream that takes it over, or else of this context."""
        with ExitStack() as seat:
            seat.enter_context(self._seats.seat(caller))
            yield Place(seat, caller, self._door)

    def of_task(
        self,
        task_id: str,
        place: Place,
        *,
        after: bytes = START,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """The events of this task after an event; the stream ends with the task."""
        caller = place.caller

        async def document() -> tuple[bytes, bool]:
            task = await _patiently(partial(find, self._ledger, task_id, owner=caller.sees))
            return task_document(task, show_traceback=caller.sees_details(self._settings)), task.ready

        async def end_document() -> tuple[bytes, bool]:
            async with self._ending:
                return await document()

        history = partial(_patiently, partial(self._ledger.history, task_id, owner=caller.sees))
        events = _of_task(self._feed, task_id, after, history, document, end_document)
        return SeatedStream(events, place, headers=headers)


def routes(ledger: Ledger, feed: Feed, streams: Streams) -> list[Route]:
    """`GET /tasks/{task_id}/events` and `GET /events`."""
    return [
        _task_events_route(partial(_task_events, ledger, streams)),
        _all_events_route(partial(_all_events, feed, streams)),
    ]


async def _task_events(ledger: Ledger, streams: Streams, call: Call[TaskEventsParameters, None]) -> Response:
    task_id = call.parameters.task_id
    after = (call.parameters.last_event_id or "").encode() or START
    with streams.place(call.caller) as place:
        await find(ledger, task_id, owner=call.caller.sees)
        return streams.of_task(task_id, place, after=after)


async def _patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer, however long Redis is away: the stream has begun."""
    while True:
        try:
            return await ask()
        except (Unavailable, InDoubt, RedisError):
            await asyncio.sleep(RETRY_SECONDS)


async def _of_task(
    feed: Feed,
    task_id: str,
    after: bytes,
    history: Callable[[], Awaitable[History | None]],
    document: Callable[[], Any],
    document_at_end: Callable[[], Any],
) -> AsyncIterator[bytes]:
    """Its history, then what comes, then `done` with the task document, or `gone` where there is none any more."""
    try:
        past = await history()
        if past is not None and after == START:
            first = json.dumps({"state": past.first, "attempt": 0})
            yield format_sse_event(event="state", id=ACCEPTED.decode(), data_str=first)
        end_document, ready = await document()
        if past is not None and past.events is not None:
            yield b"".join(_task_event(event) for event in past.events if is_after(event.id, after))
        else:
            del end_document  # it may be large, and many may follow
            patience = SETTLED_SECONDS if ready else HEARTBEAT_SECONDS
            async for text in _until_end(feed, keys.events(task_id), after, patience, document):
                yield text
            end_document, ready = await document_at_end()
            if not ready:  # this process is about to end
                return
        for piece in chain((b"event: done\ndata: ",), _pieces(end_document), (b"\n\n",)):
            yield piece
    except (Gone, TaskNotFound):
        yield GONE


async def _until_end(
    feed: Feed, key: str, after: bytes, patience: float, document: Callable[[], Any]
) -> AsyncIterator[bytes]:
    """What comes, until the task has ended."""
    async for batch in feed.follow(key, after=after, patience=patience):
        if batch is NOTHING:
            text, (_, is_over) = HEARTBEAT, await document()
        else:
            text, is_over = _of_task_batch(batch)
        for piece in _pieces(text):
            yield piece
        if is_over:
            return


def _pieces(text: bytes) -> Iterator[bytes]:
    return (text[start : start + PIECE_BYTES] for start in range(0, len(text), PIECE_BYTES))


async def _all_events(feed: Feed, streams: Streams, call: Call[AllEventsParameters, None]) -> Response:
    with streams.place(call.caller) as place:
        after = (call.parameters.last_event_id or "").encode() or await feed.now(keys.feed())
        event_filter = (*call.parameters.event_filter, *_of_owner(call.caller.sees))
        return SeatedStream(_of_all(feed, after, event_filter), place)


def _of_owner(owner: str | None) -> EventFilter:
    return () if owner is None else ((b"owner", frozenset((owner,))),)


async def _of_all(feed: Feed, after: bytes, event_filter: EventFilter) -> AsyncIterator[bytes]:
    """The id after which it begins, and a heartbeat also while there are only events that this client is not to see."""
    yield b"id: %b\n%b" % (after, HEARTBEAT)
    last = monotonic()
    async for batch in feed.follow(keys.feed(), after=after, patience=HEARTBEAT_SECONDS):
        text = b"" if batch is NOTHING else _of_all_batch(batch, event_filter)
        if not text and monotonic() - last < HEARTBEAT_SECONDS and batch is not NOTHING:
            continue
        last = monotonic()
        for piece in _pieces(text or HEARTBEAT):
            yield piece


@lru_cache(maxsize=64)  # thousands may read the same batches, some of them later than others
def _of_task_batch(batch: Batch) -> tuple[bytes, bool]:
    """A batch as events, and whether the task's end is among them."""
    events = [CUT] if batch.cut else []
    events += map(_task_event, batch.entries)
    return b"".join(events), any(map(_is_end, batch.entries))


@lru_cache(maxsize=64)  # likewise
def _of_all_batch(batch: Batch, event_filter: EventFilter) -> bytes:
    """Those of a batch that are wanted, as events."""
    events = [CUT] if batch.cut else []
    events += (_feed_event(entry) for entry in batch.entries if _passes(entry, event_filter))
    return b"".join(events)


def _task_event(entry: Entry) -> bytes:
    kind = entry.fields[b"event"].decode()
    data = entry.fields.get(b"data")
    if data is None:
        state, attempt = entry.fields[b"state"].decode(), int(entry.fields.get(b"attempt", b"0"))
        text = json.dumps({"state": state, "attempt": attempt})
    else:
        text = data.decode()
    return format_sse_event(event=kind, id=entry.id.decode(), data_str=text)


def _feed_event(entry: Entry) -> bytes:
    members = {name: entry.fields[name.encode()].decode() for name in ("task_id", "name", "queue", "state")}
    return format_sse_event(event="state", id=entry.id.decode(), data_str=json.dumps(members))


def _is_end(entry: Entry) -> bool:
    return entry.fields.get(b"state", b"").decode() in FINAL


def _passes(entry: Entry, event_filter: EventFilter) -> bool:
    return all(entry.fields.get(name, b"").decode() in values for name, values in event_filter)


def _task_events_route(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/tasks/{task_id}/events",
        scope=Scope.READ,
        handler=handler,
        parameters=TaskEventsParameters,
        operation_id="get_task_events",
        summary="Stream the events of a task.",
        description="The events are `state`, `progress`, `log` and `output`, then `done` with the task document, or `gone` "
        "if the task was deleted meanwhile. The stream starts at the first event, or after `Last-Event-ID`. `cut` means that "
        "older events are no longer kept.",
        tag="events",
        media=EventSourceResponse,
        answers={**STREAM, **problems(404, 410, 422, 429, 503)},
    )


def _all_events_route(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/events",
        scope=Scope.READ,
        handler=handler,
        parameters=AllEventsParameters,
        operation_id="get_events",
        summary="Stream the state changes of all tasks.",
        tag="events",
        media=EventSourceResponse,
        answers={**STREAM, **problems(422, 429, 503)},
    )
