"""arq, run by an environment of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

from arq import create_pool, func
from arq.connections import RedisSettings
from arq.worker import Worker

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import ASYNC_BODIES, REDIS_URL

SETTINGS = RedisSettings.from_dsn(REDIS_URL)
# By itself, it looks for tasks each half a second.
POLL_SECONDS = 0.05


def _with_context(body: Callable[..., Any]) -> Any:
    @wraps(body)
    async def task(_: Any, **task_input: Any) -> Any:
        return await body(**task_input)

    return func(task, name=body.__name__)


def work(concurrency: int) -> None:
    """In this process."""
    functions = [_with_context(body) for body in ASYNC_BODIES]
    Worker(functions=functions, redis_settings=SETTINGS, max_jobs=concurrency, poll_delay=POLL_SECONDS).run()


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""
    pool = await create_pool(SETTINGS)

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await pool.enqueue_job(name, **task_input)

    yield submit
    await pool.aclose()


if __name__ == "__main__":
    program.run(work, submitting)
