"""docket, with its results in Redis; run by the peers' environment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from docket import Docket, Worker

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import ASYNC_BODIES, REDIS_URL


@asynccontextmanager
async def _docket() -> AsyncIterator[Docket]:
    async with Docket(name="docket", url=REDIS_URL) as docket:
        for body in ASYNC_BODIES:
            docket.register(body)
        yield docket


async def _work(concurrency: int) -> None:
    async with _docket() as docket, Worker(docket, concurrency=concurrency) as worker:
        await worker.run_forever()


def work(concurrency: int) -> None:
    """In this process."""
    asyncio.run(_work(concurrency))


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""
    async with _docket() as docket:

        async def submit(name: str, task_input: dict[str, Any]) -> object:
            return await docket.add(name)(**task_input)

        yield submit


if __name__ == "__main__":
    program.run(work, submitting)
