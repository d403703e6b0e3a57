"""Sends scripts to Redis in packets, and again what was not answered.

Whatever waits when the connection is free goes out together: the more there is to do, the larger the packets.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from hiredis import HiredisError, pack_command
from redis.exceptions import NoScriptError, RedisError, ResponseError

from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import CONNECT_SECONDS, new_connection
from celeriac.ledger.store.functions import Command, Way, is_unknown
from celeriac.ledger.store.outage import Outage
from celeriac.ledger.store.refusal import refusal_of
from celeriac.ledger.store.scripts import Script

# Larger packets hold up others in Redis, and gain nothing.
MOST_IN_PACKET = 64
# So that one can be made while Redis works on another.
PACKETS_AT_ONCE = 2
ANSWER_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 1.0
AWAY = (OSError, RedisError, TimeoutError)

Arguments = Iterable[Any] | Callable[[], Iterable[Any]]
Answered = Callable[[Any], None]


class Call:
    """A script or, without one, a command, which can be repeated after a lost reply."""

    __slots__ = ("answered", "arguments", "is_optional", "script")

    def __init__(
        self, script: Script | None, arguments: Arguments, answered: Answered, *, is_optional: bool = False
    ) -> None:
        """`arguments` may be made when they are sent. `answered` gets the answer, or an error that will not pass.

        An optional one gets any error: it is not worth waiting for.
        """
        self.script, self.arguments, self.answered = script, arguments, answered
        self.is_optional = is_optional


class Away(Exception):
    """Redis does not answer, or refuses for now."""


class Link:
    """The connection to one Redis. Nothing that was added is given up while Redis is away, however long that takes."""

    def __init__(self, url: str, *, after_packet: Callable[[], None] = lambda: None) -> None:
        """Nothing is sent before `keep`. `after_packet` is called when all of a packet is answered."""
        self._url, self._after_packet = url, after_packet
        # Called when the connection is lost.
        self.on_loss: Callable[[], None] = lambda: None
        self._waiting: deque[Call] = deque()
        self._packets: deque[deque[Call]] = deque()
        self._way = Way()
        # Scripts that a server without functions does not have.
        self._missing: set[Script] = set()
        self._to_write: asyncio.Future[None] | None = None
        self._to_read: asyncio.Future[None] | None = None
        # Since the last answered packet: failed connections, and calls of `tick`.
        self._tries = self._ticks = 0
        self._reader: asyncio.Task[None] | None = None
        self.is_up = asyncio.Event()
        self.outage = Outage()

    def run(self, script: Script, arguments: Arguments, answered: Answered) -> None:
        """Send a script with the next packet."""
        self._add(Call(script, arguments, answered))

    def send(self, command: Command, answered: Answered) -> None:
        """Send a command with the next packet."""
        self._add(Call(None, command, answered))

    def try_to_send(self, command: Command) -> None:
        """Send a command with the next packet, and do without it if Redis refuses it."""
        self._add(Call(None, command, _ignore, is_optional=True))

    async def call(self, *command: Any) -> Any:
        """The answer to a command, after any time; raises an error that will not pass."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.send(command, lambda answer: None if future.done() else future.set_result(answer))
        answer = await future
        if isinstance(answer, Exception):
            raise answer
        return answer

    def push(self, pushed: Sequence[bytes]) -> None:
        """Push what a script has answered for the server of the queues: queue, side and message of each."""
        for queue, side, message in zip(*[iter(pushed)] * 3, strict=True):
            if side == scripts.INSIDE:
                self.run(scripts.INSERT, (queue, message), _ignore)
            else:
                self.send((side, queue, message), _ignore)

    def is_idle(self) -> bool:
        """Whether all is answered."""
        return not (self._waiting or self._packets)

    def tick(self, seconds: float) -> None:
        """Called again and again while the loop turns.

        A packet without an answer for too long is sent over a new connection; and a connection on which nothing is sent is looked at, for
        while Redis is away no more messages are to be taken.
        """
        self._ticks = self._ticks + 1 if self._packets else 0
        if self.is_up.is_set() and self.is_idle():
            self.try_to_send(("PING",))
        if self._ticks * seconds > ANSWER_SECONDS and self._reader is not None:
            self._ticks = 0
            self._reader.cancel("no answer")

    async def keep(self) -> None:
        """Connect, send and read until cancelled."""
        while True:
            try:
                await self._keep_connection()
            except (Away, *AWAY) as error:
                self.is_up.clear()
                self.on_loss()
                self._put_back()
                self._tries += 1
                if self._tries > 1:
                    self.outage.goes_on(error)
                longest = min(0.05 * 2 ** min(self._tries, 10), LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load is no secret

    async def _keep_connection(self) -> None:
        connection = new_connection(self._url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 5):
                await connection.connect()
                await self._find_way(connection)
            self.is_up.set()
            await self._pump(connection)
        finally:
            with suppress(*AWAY):
                await connection.disconnect(nowait=True)

    async def _find_way(self, connection: Any) -> None:
        """Whether the server has our functions; `Away` while that cannot be known."""
        steps, answer = self._way.find(), None
        try:
            while True:
                command = steps.send(answer)
                await connection.send_packed_command([pack_command(command)], check_health=False)
                answer = await _answer(connection)
        except StopIteration as end:
            if not end.value:
                raise Away(str(answer)) from None

    async def _pump(self, connection: Any) -> None:
        loop = asyncio.get_running_loop()
        writer = loop.create_task(self._write(connection), name="link-writer")
        self._reader = reader = loop.create_task(self._read(connection), name="link-reader")
        try:
            done, _ = await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._reader = None
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
        for task in done:
            if task.cancelled():
                raise Away(f"no answer within {ANSWER_SECONDS:.0f} s")
            if error := task.exception():
                raise error

    async def _write(self, connection: Any) -> None:
        while True:
            while self._waiting and len(self._packets) < PACKETS_AT_ONCE:
                packet, packed = self._next_packet()
                self._packets.append(packet)
                _wake(self._to_read)
                await connection.send_packed_command([packed], check_health=False)
            self._to_write = asyncio.get_running_loop().create_future()
            await self._to_write

    def _next_packet(self) -> tuple[deque[Call], bytes]:
        """The next calls, and their commands; one that cannot be written has an error for an answer."""
        packet: deque[Call] = deque()
        commands = []
        while self._waiting and len(packet) < MOST_IN_PACKET:
            call = self._waiting.popleft()
            try:
                commands.append(self._packed(call))
            except (TypeError, ValueError, HiredisError) as wrong:
                call.answered(wrong)
            else:
                packet.append(call)
        return packet, b"".join(commands)

    async def _read(self, connection: Any) -> None:
        while True:
            while self._packets:
                packet = self._packets[0]
                while packet:
                    self._take(packet, await _answer(connection))
                self._packets.popleft()
                _wake(self._to_write)
                self._tries = self._ticks = 0
                if self.outage.is_on:
                    self.outage.ends()
                self._after_packet()
            self._to_read = asyncio.get_running_loop().create_future()
            await self._to_read

    def _take(self, packet: deque[Call], answer: Any) -> None:
        """Hand on the answer to the first call of a packet. `Away` if it is to be sent again."""
        call = packet[0]
        if isinstance(answer, Exception):
            if call.script is not None and isinstance(answer, NoScriptError):
                self._missing.add(call.script)
                raise Away("redis has restarted")
            if is_unknown(answer):
                raise Away("redis has restarted")
            refusal = refusal_of(answer)
            if refusal is not None and not call.is_optional:
                raise Away(refusal.detail)
        packet.popleft()
        call.answered(answer)

    def _packed(self, call: Call) -> bytes:
        arguments = call.arguments() if callable(call.arguments) else call.arguments
        if call.script is None:
            command = tuple(arguments)
        elif call.script in self._missing:
            self._missing.discard(call.script)
            command = ("EVAL", call.script.text, 0, *arguments)
        else:
            command = self._way.command(call.script, arguments)
        packed: bytes = pack_command(command)
        return packed

    def _add(self, call: Call) -> None:
        self._waiting.append(call)
        _wake(self._to_write)

    def _put_back(self) -> None:
        """What was not answered goes first."""
        for packet in reversed(self._packets):
            self._waiting.extendleft(reversed(packet))
        self._packets.clear()


async def _answer(connection: Any) -> Any:
    """An answer, or the error that Redis has answered."""
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _ignore(answer: Any) -> None:
    """Nothing follows from this answer."""
