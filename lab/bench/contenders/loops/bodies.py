"""What the tasks do, for all contenders alike; it needs the standard library alone.

A task that measures itself writes a line of milliseconds to a file of its process, in the directory BENCH_FIGURES.
"""

import asyncio
import os
import time
from functools import cache
from pathlib import Path

REDIS_URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")
SLEEP_SECONDS = 0.1


async def add(x: int, y: int) -> int:
    """Add two integers."""
    return x + y


async def nap() -> bool:
    """Sleep for a tenth of a second; how long that took is written down."""
    began = time.perf_counter()
    await asyncio.sleep(SLEEP_SECONDS)
    write_down(time.perf_counter() - began)
    return True


async def pick_up(submitted: float) -> bool:
    """Write down how long ago this was (seconds since 1970), and sleep."""
    write_down(time.time() - submitted)
    await asyncio.sleep(SLEEP_SECONDS)
    return True


async def hold(until: float) -> bool:
    """Write something down, and sleep until this moment, in seconds since 1970."""
    write_down(0)
    await asyncio.sleep(until - time.time())
    return True


def nap_in_thread() -> bool:
    """`nap` for a program that has no event loop."""
    began = time.perf_counter()
    time.sleep(SLEEP_SECONDS)
    write_down(time.perf_counter() - began)
    return True


def pick_up_in_thread(submitted: float) -> bool:
    """`pick_up`, likewise."""
    write_down(time.time() - submitted)
    time.sleep(SLEEP_SECONDS)
    return True


def hold_in_thread(until: float) -> bool:
    """`hold`, likewise."""
    write_down(0)
    time.sleep(max(until - time.time(), 0))
    return True


ASYNC_BODIES = (add, nap, pick_up, hold)


def write_down(seconds: float) -> None:
    """Add a line of milliseconds."""
    os.write(_file(), b"%.3f\n" % (seconds * 1e3))


@cache
def _file() -> int:
    path = Path(os.environ["BENCH_FIGURES"], str(os.getpid()))
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
