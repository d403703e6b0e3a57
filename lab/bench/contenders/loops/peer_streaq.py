"""streaq, with its usual serializer; run by the peers' environment."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streaq import Worker

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import ASYNC_BODIES, REDIS_URL

Tasks = dict[str, Any]


def _worker(concurrency: int) -> tuple[Any, Tasks]:
    worker: Any = Worker(redis_url=REDIS_URL, concurrency=concurrency)
    return worker, {
        body.__name__: worker.task(name=body.__name__, silent=True)(body) for body in ASYNC_BODIES
    }


def work(concurrency: int) -> None:
    """In this process."""
    logging.getLogger("streaq").setLevel(logging.WARNING)
    worker, _ = _worker(concurrency)
    worker.run_sync()


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""
    worker, tasks = _worker(1)

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await tasks[name].enqueue(**task_input)

    async with worker:
        yield submit


if __name__ == "__main__":
    program.run(work, submitting)
