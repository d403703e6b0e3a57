"""What the API does with the ledger: accept tasks and read them, with one call to Redis for all who ask meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ledger import keys, scripts
from ledger.batching import Batching
from ledger.task import FIELDS, Task, from_reply

CONNECT_TIMEOUT = 1.0
ANSWER_TIMEOUT = 1.5


@dataclass(frozen=True, slots=True)
class Submission:
    """The wish for a task. `message` is what wakes a worker (ledger/wire.py), and holds the input."""

    task_id: str
    name: str
    queue: str
    message: bytes


class Ledger:
    """One connection pool to the ledger's Redis, and the two batches of everyone who asks through it."""

    def __init__(self, redis: Redis) -> None:
        """`redis` must not retry by itself: accepting is not yet idempotent."""
        self._redis = redis
        self._accept_script = redis.register_script(scripts.ACCEPT)
        self._read_script = redis.register_script(scripts.READ)
        self._accepting = Batching(self._accept_all)
        self._reading = Batching(self._read_all)

    @classmethod
    def connect(cls, url: str) -> Self:
        """A ledger at this Redis URL; the connection is made when it is first needed."""
        return cls(
            Redis.from_url(
                url,
                socket_connect_timeout=CONNECT_TIMEOUT,
                socket_timeout=ANSWER_TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            )
        )

    async def accept(self, submission: Submission) -> int:
        """Write record, index and message in one step; the time of it, in microseconds since 1970."""
        return await self._accepting.do(submission)

    async def read(self, task_id: str) -> Task | None:
        """The task as it stands now; None for an id that was never accepted or is forgotten."""
        return await self._reading.do(task_id)

    async def ping(self) -> None:
        """Raise a `RedisError` unless Redis answers."""
        await self._redis.ping()

    async def close(self) -> None:
        """Answer what was asked, then let go of the connections."""
        await self._accepting.close()
        await self._reading.close()
        await self._redis.aclose()

    async def _accept_all(self, submissions: Sequence[Submission]) -> Sequence[int]:
        names: list[str] = []
        values: list[str | bytes] = []
        for submission in submissions:
            queue = submission.queue
            names += (keys.record(submission.task_id), keys.waiting(queue), keys.queue(queue))
            values += (submission.task_id, submission.name, queue, submission.message)
        accepted_at = await self._accept_script(keys=names, args=values)
        return [int(accepted_at)] * len(submissions)

    async def _read_all(self, task_ids: Sequence[str]) -> Sequence[Task | None]:
        names = [key(task_id) for task_id in task_ids for key in (keys.record, keys.result)]
        replies = await self._read_script(keys=names, args=FIELDS)
        return [from_reply(task_id, reply) for task_id, reply in zip(task_ids, replies, strict=True)]
