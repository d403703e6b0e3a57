"""saq, each of whose tasks at once holds a connection; run by the peers' environment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

from redis.asyncio import Redis
from saq import Queue, Worker
from saq.queue.redis import RedisQueue

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import ASYNC_BODIES, REDIS_URL

# Of redis-py's newer versions, a pool has 100 unless it is told more.
CONNECTIONS = 5000


def _queue() -> Queue:
    return RedisQueue(Redis.from_url(REDIS_URL, max_connections=CONNECTIONS))


def _with_context(body: Callable[..., Any]) -> Any:
    @wraps(body)
    async def task(_: Any, **task_input: Any) -> Any:
        return await body(**task_input)

    return task


async def _work(concurrency: int) -> None:
    functions = [(body.__name__, _with_context(body)) for body in ASYNC_BODIES]
    await Worker(_queue(), functions=functions, concurrency=concurrency).start()


def work(concurrency: int) -> None:
    """In this process."""
    asyncio.run(_work(concurrency))


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""
    queue = _queue()
    await queue.connect()

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await queue.enqueue(name, **task_input)

    yield submit
    await queue.disconnect()


if __name__ == "__main__":
    program.run(work, submitting)
