"""Tells every waiter of the end of its task, over one connection per process.

The end of a task is published on Celery's own channel for it, by our workers and by any other Celery worker. A waiter is
subscribed before it reads the task once, so no end is missed; after a reconnect, everything waited for is subscribed to
first, and read again then, too.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from celeriac.ledger.model.task import Gone
from celeriac.ledger.store import keys
from celeriac.ledger.store.connection import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    InDoubt,
    Refused,
    Unavailable,
    new_connection,
)
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.ledger.store.refusal import Refusal, refusal_of

IDLE_SECONDS = 5.0
RETRY_SECONDS = 0.25
# Celery writes `status` first; this one means that the task has only begun.
STARTED = b'{"status": "STARTED"'
# A batch has not ended, but other counts.
CHANGED = b"changed"

logger = logging.getLogger(__name__)

Command = tuple[str, str]


class HasEnd(Protocol):
    """What can be waited for: a task, or a batch."""

    @property
    def ready(self) -> bool:
        """Whether it has ended."""


T = TypeVar("T", bound=HasEnd)
# Of the task at its end. Whoever waits may set it to None, to wait no longer.
Ended = asyncio.Future[T | None]


@dataclass(slots=True)
class _Place(Generic[T]):
    """Everyone who waits for one task. `subscribed` is set when Redis has confirmed it."""

    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    # A dict for its order: who has waited longest is told first, and what belongs to one lies close to what belongs to the next.
    waiters: dict[Ended[T], None] = field(default_factory=dict)
    # Of those who want to know of every change, too.
    changes: set[asyncio.Event] = field(default_factory=set)

    def tell(self) -> None:
        """Something has changed, perhaps."""
        for change in self.changes:
            change.set()


class Watch(Generic[T]):
    """Follows any number of tasks, or of batches, to their end, over one connection."""

    def __init__(
        self, url: str, read: Callable[[str], Awaitable[T | None]], epoch: Epoch | None = None
    ) -> None:
        """`read` answers a task as it stands; it is asked once for all who wait for the same task."""
        self._url = url
        self._epoch = epoch or Epoch()
        self._read = read
        self._places: dict[str, _Place[T]] = {}
        self._unconfirmed: Counter[str] = Counter()
        self._commands = Batching(self._send, largest=1000)
        self._connection: AbstractConnection | None = None
        self._follower: asyncio.Task[None] | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._released = False
        self._refusal: Refusal | None = None

    @property
    def waiters(self) -> int:
        """How many wait now."""
        return sum(len(place.waiters) for place in self._places.values())

    @property
    def is_released(self) -> bool:
        """Whether this process is about to end."""
        return self._released

    async def follow(self, task_id: str) -> Ended[T]:
        """Start to wait: from now on, the end of this task sets the future. Every `follow` needs a `leave`."""
        if self._follower is None:
            self._follower = asyncio.create_task(self._follow_for_ever(), context=Context())
        place = self._places.get(task_id)
        if place is None:
            place = self._places[task_id] = _Place()
            self._order("SUBSCRIBE", task_id)
        future: Ended[T] = asyncio.get_running_loop().create_future()
        place.waiters[future] = None
        if self._released:
            future.set_result(None)
        if not place.subscribed.is_set():
            await self._confirmed(task_id, place, future)
        return future

    def leave(self, task_id: str, future: Ended[T]) -> None:
        """Stop waiting; the last waiter ends the subscription."""
        place = self._places.get(task_id)
        if place is None:
            return
        place.waiters.pop(future, None)
        if not place.waiters:
            del self._places[task_id]
            self._order("UNSUBSCRIBE", task_id)

    @asynccontextmanager
    async def changes(self, batch_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set at each change of a batch, and at its end. Clear it before you read the batch."""
        end, change = await self.follow(batch_id), asyncio.Event()
        place = self._places[batch_id]
        place.changes.add(change)
        end.add_done_callback(lambda _: change.set())
        try:
            yield change
        finally:
            place.changes.discard(change)
            self.leave(batch_id, end)

    def release(self) -> None:
        """Release all waiters, now and from now on, because this process is about to end."""
        self._released = True
        for place in self._places.values():
            for waiter in place.waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def close(self) -> None:
        """Stop following, when there are no waiters left."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])

    async def _confirmed(self, task_id: str, place: _Place[T], future: Ended[T]) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await place.subscribed.wait()
        except TimeoutError as late:
            self.leave(task_id, future)
            if self._refusal is not None:
                raise Refused(self._refusal) from late
            raise Unavailable("the subscription was not confirmed") from late
        except asyncio.CancelledError:
            self.leave(task_id, future)
            raise

    def _order(self, verb: str, task_id: str) -> None:
        """Commands go out in the order of these calls; while there is no connection they need not."""
        if self._connection is None:
            return
        if verb == "SUBSCRIBE":
            self._unconfirmed[keys.result(task_id)] += 1
        self._commands.do((verb, keys.result(task_id))).add_done_callback(_heard)

    async def _send(self, commands: Sequence[Command]) -> Sequence[None]:
        connection = self._connection
        if connection is not None:
            for verb, channels in _runs(commands):
                await connection.send_command(verb, *channels, check_health=False)
        return [None] * len(commands)

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._follow()
            except (TimeoutError, OSError, RedisError) as error:
                self._refusal = refusal_of(error)
                logger.warning("the subscriber connection is gone (%s); connecting again", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        """Return at the end of the epoch."""
        connection = new_connection(self._url)
        over = asyncio.create_task(self._epoch.end())
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.connect()
            self._connection = connection
            self._unconfirmed.clear()
            await connection.send_command("SUBSCRIBE", keys.WATCH_CHANNEL, check_health=False)
            for task_id in self._places:
                self._order("SUBSCRIBE", task_id)
            await self._listen(connection, until=over)
        finally:
            over.cancel()
            self._connection = None
            await connection.disconnect(nowait=True)

    async def _listen(self, connection: AbstractConnection, *, until: asyncio.Task[None]) -> None:
        listening = asyncio.create_task(self._hear_all(connection))
        try:
            await asyncio.wait((listening, until), return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
        finally:
            listening.cancel()

    async def _hear_all(self, connection: AbstractConnection) -> None:
        pinged = False
        while True:
            message = await connection.read_response(timeout=IDLE_SECONDS)
            if message is not None:
                pinged = False
                self._hear(message)
            elif pinged:
                raise TimeoutError(f"no answer to PING within {IDLE_SECONDS} s")
            else:
                await connection.send_command("PING", check_health=False)
                pinged = True

    def _hear(self, message: Sequence[bytes]) -> None:
        kind, channel = message[0], message[1].decode()
        task_id = channel.removeprefix(keys.RESULT_PREFIX)
        match kind:
            case b"subscribe":
                self._refusal = None
                self._unconfirmed[channel] -= 1
                if self._unconfirmed[channel] <= 0:
                    del self._unconfirmed[channel]
                    if task_id in self._places:
                        self._subscribed(task_id, self._places[task_id])
            case b"message" if message[2] == CHANGED:
                if place := self._places.get(task_id):
                    place.tell()
            case b"message" if not message[2].startswith(STARTED):
                self._settle_soon(task_id)

    def _subscribed(self, task_id: str, place: _Place[T]) -> None:
        """Confirm a place. After a reconnect, read its task: an end before the confirmation was not received."""
        if place.subscribed.is_set():
            self._settle_soon(task_id)
            place.tell()
        place.subscribed.set()

    def _settle_soon(self, task_id: str) -> None:
        settling = asyncio.create_task(self._settle(task_id))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)

    async def _settle(self, task_id: str) -> None:
        """Read the task once for all its waiters, and release them if it has ended."""
        try:
            task = await self._read(task_id)
        except (Unavailable, InDoubt, RedisError) as error:
            logger.warning("task %s cannot be read for its waiting clients: %s; trying again", task_id, error)
            await asyncio.sleep(RETRY_SECONDS)
            if task_id in self._places:
                self._settle_soon(task_id)
            return
        except Gone:
            self._release(task_id, None)
            return
        if task is not None and task.ready:  # None: it is being submitted this moment
            self._release(task_id, task)

    def _release(self, task_id: str, task: T | None) -> None:
        """Tell all who wait for this task of its end; None: to ask for it themselves."""
        place = self._places.get(task_id)
        for waiter in place.waiters if place else ():
            if not waiter.done():
                waiter.set_result(task)


def _runs(commands: Sequence[Command]) -> list[tuple[str, list[str]]]:
    """Neighbours with the same verb as one command."""
    runs: list[tuple[str, list[str]]] = []
    for verb, channel in commands:
        if not runs or runs[-1][0] != verb:
            runs.append((verb, []))
        runs[-1][1].append(channel)
    return runs


def _heard(future: asyncio.Future[None]) -> None:
    """A command that could not be sent needs no more: the follower finds the same out, and subscribes anew."""
    if not future.cancelled():
        future.exception()
