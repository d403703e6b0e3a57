"""Async tasks that record their runs; some are bad neighbours in their loop."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from celeriac import task
from lab.chaos.tasks.witness import begin, end

# Before its last value, which is what the other ones return.
CHUNKS = 3
# How long one that computes holds up the others.
MOMENT_SECONDS = 0.3
# Longer than any of them may run, or hold up its loop.
TOO_LONG_SECONDS = 30.0


@task
async def witness_rest(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Let others run meanwhile."""
    begin(number, file)
    await asyncio.sleep(seconds)
    return end(number, file, needs, fails=fails)


@task
async def witness_stream(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> AsyncIterator[int | dict[str, Any]]:
    """Yield something now and then."""
    begin(number, file)
    for chunk in range(CHUNKS):
        yield chunk
        await asyncio.sleep(seconds / CHUNKS)
    yield end(number, file, needs, fails=fails)


@task
async def witness_compute(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Hold up the others for a moment."""
    begin(number, file)
    moment = min(seconds, MOMENT_SECONDS)
    time.sleep(moment)  # noqa: ASYNC251 - that is what it is for
    await asyncio.sleep(seconds - moment)
    return end(number, file, needs, fails=fails)


@task
async def witness_stubborn(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Go on to the end, whoever cancels it."""
    begin(number, file)
    await _stay(seconds)
    return end(number, file, needs, fails=fails)


@task
async def witness_block(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Hold up the others until the process is killed for it."""
    begin(number, file)
    time.sleep(seconds + TOO_LONG_SECONDS)  # noqa: ASYNC251 - that is what it is for
    return end(number, file, needs, fails=fails)


@task(time_limit=timedelta(seconds=1))
async def witness_overrun(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Run for longer than it may, and ignore that it is cancelled."""
    begin(number, file)
    await _stay(seconds + TOO_LONG_SECONDS)
    return end(number, file, needs, fails=fails)


@task
async def rest(seconds: float) -> float:
    """Sleep."""
    await asyncio.sleep(seconds)
    return seconds


@task
async def hold_up(seconds: float) -> None:
    """Let nobody else go on."""
    time.sleep(seconds)  # noqa: ASYNC251 - that is what it is for


async def _stay(seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(left)
