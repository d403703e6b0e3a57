"""What the API does with the ledger: accept tasks, read them and follow them to their end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from ledger import keys, scripts
from ledger.batching import Batching
from ledger.connection import Connection, InDoubt, Unavailable
from ledger.task import FIELDS, Task, from_reply
from ledger.watch import Watch

PING_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class Submission:
    """The wish for a task. `message` is what wakes a worker (ledger/wire.py), and holds the input."""

    task_id: str
    name: str
    queue: str
    message: bytes


class Ledger:
    """The ledger's Redis and, where it is another one, the broker's. Each has few connections, however many callers.

    Every call that cannot reach Redis raises `Unavailable` or `InDoubt` (ledger/connection.py) within 2 seconds.
    """

    def __init__(self, *, backend: str, broker: str) -> None:
        """URLs of the Redis that holds records and results, and of the one that holds the queues; mostly the same."""
        self._one_server = backend == broker
        self._accepts, self._reads, self._probe = (
            Connection(backend),
            Connection(backend),
            Connection(backend),
        )
        self._pushes, self._broker_probe = Connection(broker), Connection(broker)
        self._accepting = Batching(self._accept_all)
        self._reading = Batching(self._read_all)
        self._pinging = Batching(self._ping_all)
        self.watch = Watch(backend, self.read)

    def accept(self, submission: Submission) -> asyncio.Future[int]:
        """Write record, index and message; the time of it, in microseconds since 1970."""
        return self._accepting.do(submission)

    def read(self, task_id: str) -> asyncio.Future[Task | None]:
        """The task as it stands now; None for an id that was never accepted or is forgotten."""
        return self._reading.do(task_id)

    async def ping(self) -> None:
        """Raise unless every Redis answers within `PING_SECONDS`."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._pinging.do(None)
        except TimeoutError as late:
            raise Unavailable(f"no answer within {PING_SECONDS} s") from late

    async def close(self) -> None:
        """Answer what was asked, then let go of the connections."""
        await self.watch.close()
        for batching in (self._accepting, self._reading, self._pinging):
            await batching.close()
        for connection in (self._accepts, self._reads, self._probe, self._pushes, self._broker_probe):
            await connection.close()

    async def _accept_all(self, submissions: Sequence[Submission]) -> Sequence[int]:
        """One server: one atomic step. Two: the record first, so that nothing runs which the ledger does not know."""
        names: list[str] = []
        values: list[str | bytes] = ["push" if self._one_server else "record"]
        for task in submissions:
            names += (keys.record(task.task_id), keys.waiting(task.queue), keys.queue(task.queue))
            values += (task.task_id, task.name, task.queue, task.message)
        accepted_at = int(await self._accepts.run(scripts.ACCEPT, names, values))
        if not self._one_server:
            await self._push_all(submissions)
        return [accepted_at] * len(submissions)

    async def _push_all(self, submissions: Sequence[Submission]) -> None:
        """The records are written: whatever goes wrong here, it is not as if nothing had been accepted."""
        messages: dict[str, list[bytes]] = {}
        for task in submissions:
            messages.setdefault(keys.queue(task.queue), []).append(task.message)
        try:
            for queue, batch in messages.items():
                await self._pushes.call("LPUSH", queue, *batch)
        except (Unavailable, RedisError) as error:
            raise InDoubt(f"recorded, and perhaps not queued: {error}") from error

    async def _read_all(self, task_ids: Sequence[str]) -> Sequence[Task | Exception | None]:
        names = [key(task_id) for task_id in task_ids for key in (keys.record, keys.result)]
        replies = await self._reads.run(scripts.READ, names, FIELDS)
        return [_task_or_error(task_id, reply) for task_id, reply in zip(task_ids, replies, strict=True)]

    async def _ping_all(self, askers: Sequence[None]) -> Sequence[None]:
        await self._probe.call("PING")
        if not self._one_server:
            await self._broker_probe.call("PING")
        return askers


def _task_or_error(task_id: str, reply: Sequence[Any]) -> Task | Exception | None:
    """A record that cannot be read is the error of those who ask for it, and not of all who ask meanwhile."""
    refusal = next((part for part in reply if isinstance(part, Exception)), None)
    if refusal is not None:
        return refusal
    try:
        return from_reply(task_id, reply)
    except (ValueError, TypeError) as unreadable:
        return unreadable
