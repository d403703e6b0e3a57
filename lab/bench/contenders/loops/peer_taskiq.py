"""taskiq with streams and stored results; run by the peers' environment."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import ASYNC_BODIES, REDIS_URL

broker = RedisStreamBroker(REDIS_URL).with_result_backend(RedisAsyncResultBackend(REDIS_URL))
tasks = {body.__name__: broker.register_task(body, task_name=body.__name__) for body in ASYNC_BODIES}


def work(concurrency: int) -> None:
    """By its own command, which keeps a process for each worker."""
    options = ["--workers", "1", "--max-async-tasks", str(concurrency), "--log-level", "WARNING"]
    os.execv(
        sys.executable,
        [sys.executable, "-m", "taskiq", "worker", "lab.bench.contenders.loops.peer_taskiq:broker", *options],
    )


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await tasks[name].kiq(**task_input)

    await broker.startup()
    yield submit
    await broker.shutdown()


if __name__ == "__main__":
    program.run(work, submitting)
