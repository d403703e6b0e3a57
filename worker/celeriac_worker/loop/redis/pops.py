"""Takes messages from the queues while there is room for their tasks."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from hiredis import pack_command
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from celeriac.ledger.store.connection import CONNECT_SECONDS, new_connection
from celeriac.ledger.store.refusal import refusal_of
from celeriac_worker.loop.redis.link import Link
from celeriac_worker.loop.runs.slots import Slots

# Kombu's lists of a queue, in the order in which a worker takes from them.
LISTS = ("", "\x06\x163", "\x06\x166", "\x06\x169")
SEPARATOR = "\x06\x16"
MOST_AT_ONCE = 64
# How long Redis waits for a message, and how much longer its answer may take.
WAIT_SECONDS, ANSWER_SECONDS = 1, 10.0
# While a turn of the event loop takes longer, no more is taken.
LONGEST_TURN_SECONDS = 0.05
PAUSE_SECONDS = 0.5

Taken = Callable[[str, Sequence[bytes]], None]

logger = logging.getLogger(__name__)


class Pops:
    """A connection of its own, on which Redis answers when there is a message."""

    def __init__(
        self, url: str, queues: Sequence[str], slots: Slots, *, link: Link, broker: Link, taken: Taken
    ) -> None:
        """`link` is that of the records, `broker` that of the queues' server; `taken` gets a queue and messages."""
        self._url, self._queues, self._slots = url, deque(queues), slots
        self._link, self._broker, self._taken = link, broker, taken
        # Whether the server knows BLMPOP (Redis 7.0) and lets us use it.
        self._takes_several = True
        self._client_id: int | None = None
        self._is_asking = self._stops = False
        # The last one that was logged.
        self._refusal: str | None = None
        self._ticks = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take messages."""
        self._task = asyncio.get_running_loop().create_task(self._keep(), name="pops")

    async def stop(self) -> None:
        """Take no more: afterwards nothing is taken on the connection that is left behind."""
        self._stops = True
        task = self._task
        if task is None or task.done():
            return
        if self._is_asking:
            self.unblock()
        else:
            task.cancel()
        _, pending = await asyncio.wait((task,), timeout=WAIT_SECONDS * 2)
        for each in pending:
            each.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def unblock(self) -> None:
        """Have Redis answer now that there is no message, if it lets us."""
        if self._is_asking and self._client_id is not None:
            self._broker.try_to_send(("CLIENT", "UNBLOCK", self._client_id))

    def tick(self, seconds: float) -> None:
        """Called again and again while the loop turns: an answer that does not come is asked for over a new connection."""
        self._ticks = self._ticks + 1 if self._is_asking else 0
        if self._ticks * seconds > WAIT_SECONDS + ANSWER_SECONDS and self._task is not None:
            self._ticks = 0
            self._task.cancel("no answer")

    async def _keep(self) -> None:
        while not self._is_stopping():
            try:
                await self._keep_connection()
            except (OSError, RedisError, TimeoutError) as error:
                self._is_asking = False
                if isinstance(error, ResponseError) and refusal_of(error) is None:
                    self._refused(error)
                else:
                    self._broker.outage.goes_on(error)
                if not self._is_stopping():
                    await asyncio.sleep(PAUSE_SECONDS)
            except asyncio.CancelledError:
                if self._is_stopping():
                    return

    def _refused(self, error: ResponseError) -> None:
        """Log a refusal that may last; once, until messages are taken again or the reason changes."""
        if str(error) != self._refusal:
            self._refusal = str(error)
            logger.error("redis does not let messages be taken: %s; trying again", error)

    def _is_stopping(self) -> bool:
        return self._stops

    async def _keep_connection(self) -> None:
        connection = new_connection(self._url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 5):
                await connection.connect()
                self._client_id = await self._own_id(connection)
            while not self._is_stopping():
                await self._pop(connection)
        finally:
            with suppress(OSError, RedisError, TimeoutError):
                await connection.disconnect(nowait=True)

    async def _pop(self, connection: Any) -> None:
        await self._link.is_up.wait()
        room = await self._slots.room()
        if await _turn_seconds() > LONGEST_TURN_SECONDS:
            await asyncio.sleep(LONGEST_TURN_SECONDS)
            return
        lists = [queue + end for end in LISTS for queue in self._queues]
        if self._takes_several:
            count = min(room, MOST_AT_ONCE)
            command = ("BLMPOP", WAIT_SECONDS, len(lists), *lists, "RIGHT", "COUNT", count)
        else:
            command = ("BRPOP", *lists, WAIT_SECONDS)
        answer = await self._ask(connection, command)
        self._refusal = None
        if answer is None:
            return
        name, messages = answer
        queue = name.decode().split(SEPARATOR, 1)[0]
        self._queues.remove(queue)
        self._queues.append(queue)
        self._taken(queue, messages if isinstance(messages, list) else [messages])

    async def _ask(self, connection: Any, command: tuple[Any, ...]) -> Any:
        self._is_asking = True
        try:
            await connection.send_packed_command([pack_command(command)], check_health=False)
            return await connection.read_response()
        except ResponseError as error:
            if not (self._takes_several and _means_no_such_command(error)):
                raise
            logger.info("redis does not allow BLMPOP (%s); the loop takes one message at a time", error)
            self._takes_several = False
            return None
        finally:
            self._is_asking = False

    async def _own_id(self, connection: Any) -> int | None:
        """By which the other connection can tell Redis to answer; None if it may not."""
        try:
            command: tuple[Any, ...] = ("CLIENT", "ID")
            await connection.send_packed_command([pack_command(command)], check_health=False)
            return int(await connection.read_response())
        except ResponseError:
            return None


async def _turn_seconds() -> float:
    """How long a turn of the event loop takes now."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    await asyncio.sleep(0)
    return loop.time() - start


def _means_no_such_command(refusal: ResponseError) -> bool:
    return isinstance(refusal, NoPermissionError) or str(refusal).startswith("unknown command")
