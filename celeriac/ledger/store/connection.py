"""The API's connection to Redis: bounded in time, exact about failures."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from hiredis import pack_command
from redis.asyncio import connection as asynchronous
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from celeriac.ledger.store import scripts
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.functions import Steps, Way
from celeriac.ledger.store.refusal import Refusal, refusal_of
from celeriac.ledger.store.scripts import Script
from celeriac.values.addresses.redis_address import asynchronous_pool

CONNECT_SECONDS = 1.0
# From the call on, so with the time that connecting took.
ANSWER_SECONDS = 1.5

Argument = str | bytes | int

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection
else:  # the first versions of redis-py 4.5 have one kind for all
    AbstractConnection = getattr(asynchronous, "AbstractConnection", asynchronous.Connection)

# redis-py 8 has both names, and warns at each call of the longer one; 6 and 7 have only that.
_can_read: Callable[[AbstractConnection], Awaitable[bool]] = getattr(
    AbstractConnection, "can_read", AbstractConnection.can_read_destructive
)


class Unavailable(Exception):
    """Redis could not be reached: nothing was sent."""


class Refused(Unavailable):
    """Redis refused the command for now: nothing was done. `refusal` contains the reason."""

    def __init__(self, refusal: Refusal) -> None:
        """The text is that of Redis."""
        super().__init__(refusal.detail)
        self.refusal = refusal


class InDoubt(Exception):
    """The call was sent and not answered: whether Redis carried it out is unknown."""


def new_connection(url: str) -> AbstractConnection:
    """A connection to this Redis URL, not connected yet, that retries nothing by itself."""
    pool = asynchronous_pool(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )
    connection: AbstractConnection = pool.make_connection()
    connection.made_by = pool  # type: ignore[attr-defined]  # with Sentinel it has to live as long
    return connection


class Connection:
    """Connects at its first use, after a failure, and in each new epoch."""

    def __init__(
        self,
        url: str,
        *,
        epoch: Epoch | None = None,
        on_answer: Callable[[float], None] | None = None,
    ) -> None:
        """Nothing is sent before the first call. `on_answer` is told how many seconds each script took to answer."""
        self._on_answer = on_answer
        self._epoch = epoch or Epoch()
        self._made_in = 0
        # How often it has begun to connect. Another server may answer each time.
        self.times_connected = 0
        self._connection = new_connection(url)
        self._way = Way()

    async def run(self, script: Script, arguments: Sequence[Argument]) -> Any:
        """The script's answer. `Unavailable`: not sent, or not done. `InDoubt`: sent, not answered. `ResponseError`: an error."""
        now = asyncio.get_running_loop().time
        start = now()
        answer = await self._go(self._way.run(script, arguments))
        if self._on_answer is not None:
            self._on_answer(now() - start)
        return answer

    async def push(self, side: bytes, list_name: bytes, *messages: bytes) -> None:
        """Put messages into a list, at the side that a script has answered."""
        if side == scripts.INSIDE:
            await self.run(scripts.INSERT, [list_name, *messages])
        else:
            await self.call(side, list_name, *messages)

    async def call(self, *command: Argument) -> Any:
        """The command's answer; errors as for `run`."""
        deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
        await self._connect()
        try:
            async with asyncio.timeout_at(deadline):
                # hiredis packs a batch in a fifth of the time that redis-py takes.
                packed = pack_command(command)  # type: ignore[arg-type]  # its stub knows one-tuples only
                await self._connection.send_packed_command(packed, check_health=False)
                return await self._connection.read_response()
        except (TimeoutError, OSError, RedisError) as error:
            refusal = refusal_of(error)
            if refusal is None and isinstance(error, ResponseError):
                raise
            if refusal is None or refusal.may_pass_elsewhere:
                await self._connection.disconnect(nowait=True)
            if refusal is not None:
                raise Refused(refusal) from error
            raise InDoubt(str(error) or f"no answer within {ANSWER_SECONDS} s") from error

    async def _go(self, steps: Steps) -> Any:
        answer: Any = None
        try:
            while True:
                command = steps.send(answer)
                try:
                    answer = await self.call(*command)
                except (Refused, ResponseError) as refusal:
                    answer = refusal
        except StopIteration as end:
            answer = end.value
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Let go of the connection; the next call makes another one."""
        await self._connection.disconnect()

    async def _connect(self) -> None:
        try:
            if self._connection.is_connected and (
                self._made_in != self._epoch.number or await self._is_out_of_step()
            ):
                await self._connection.disconnect()
            if self._connection.is_connected:
                return
            self._made_in = self._epoch.number
            self.times_connected += 1
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connection.connect()
        except (TimeoutError, OSError, RedisError) as error:
            await self._connection.disconnect(nowait=True)
            if refusal := refusal_of(error):
                raise Refused(refusal) from error
            raise Unavailable(str(error) or "connecting took too long") from error

    async def _is_out_of_step(self) -> bool:
        """Whether there is something to read, though nobody asked; or the server has closed it, at which redis-py 6 and 7 raise."""
        try:
            return bool(await _can_read(self._connection))
        except RedisError:
            return True
