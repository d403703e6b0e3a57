"""The same tasks for Celeriac: `CELERIAC_TASKS=lab.bench.contenders.loops.ours`."""

import asyncio
import time
from collections.abc import AsyncIterator

from celeriac import task
from lab.bench.contenders.loops import bodies


@task
async def add(x: int, y: int) -> int:
    """Add two integers."""
    return x + y


@task
async def nap() -> bool:
    """Sleep for a tenth of a second."""
    return await bodies.nap()


@task
async def pick_up(submitted: float) -> bool:
    """Write down how long ago this was (seconds since 1970), and sleep."""
    return await bodies.pick_up(submitted)


@task
async def hold(until: float) -> bool:
    """Sleep until this moment, in seconds since 1970."""
    return await bodies.hold(until)


@task
def plain_add(x: int, y: int) -> int:
    """Add two integers, in a process of the pool."""
    return x + y


@task
async def tell(words: int, per_second: float) -> AsyncIterator[str]:
    """Give out each word's number and the time at which it was said, in seconds since 1970."""
    began = time.monotonic()
    for number in range(words):
        await asyncio.sleep(began + number / per_second - time.monotonic())
        yield f"{number} {time.time()}\n"
