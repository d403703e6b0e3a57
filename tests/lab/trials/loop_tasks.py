"""Async twins of the tasks that trials submit."""

import asyncio
import time
from pathlib import Path

from celeriac import task

POLL_SECONDS = 0.02


@task
async def add_in_loop(x: int, y: int) -> int:
    """Add two integers."""
    return x + y


@task
async def leave_trace_in_loop(file: Path, until: Path) -> None:
    """Write down when this run has begun; then run until the other file exists."""
    with file.open("a") as trace:
        trace.write(f"{time.time()}\n")
    while not until.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(POLL_SECONDS)


@task
async def exhaust_memory_in_loop() -> None:
    """Ask for more than there is."""
    raise MemoryError("1 EiB")
