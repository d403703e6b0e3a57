"""Async tasks that end in other ways than by returning."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

from celeriac import RetryPolicy, context, task

# What the bodies of this process have left behind.
seen: list[str] = []


@task
async def fail(kind: str) -> None:
    """Raise an error of this kind."""
    errors: dict[str, BaseException] = {
        "SystemExit": SystemExit(3),
        "KeyboardInterrupt": KeyboardInterrupt(),
        "MemoryError": MemoryError("full"),
        "CancelledError": asyncio.CancelledError(),
        "GeneratorExit": GeneratorExit(),
        "ValueError": ValueError("wrong", {1, 2}),
        "Cancelled": context.Cancelled("nobody asked"),
    }
    await asyncio.sleep(0)
    raise errors[kind]


@task
async def recurse(depth: int = 0) -> int:
    """Call itself until Python refuses."""
    return await recurse(depth + 1)


@task
async def leave_child(kind: str) -> str:
    """Start a task of asyncio that goes on, or that ends the process."""

    async def child() -> None:
        if kind == "exits":
            raise SystemExit(4)
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        seen.append("the child was cancelled")

    begun = asyncio.create_task(child())
    await asyncio.sleep(0)
    if kind == "awaited":
        begun.cancel()
        await begun
    return kind


@task(retry=RetryPolicy(on=(OSError,), attempts=3, backoff=timedelta(milliseconds=10)))
async def stumble(times: int) -> int:
    """Fail in the first attempts."""
    if context.attempt() <= times:
        raise OSError("not yet")
    return context.attempt()


@task(soft_time_limit=timedelta(seconds=0.3), time_limit=timedelta(seconds=1.5))
async def be_late(how: str) -> str:
    """Rest for longer than it may."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        match how:
            case "returns":
                return "a part"
            case "fails":
                raise ValueError("while it was cancelled") from None
            case "goes on":
                await asyncio.sleep(60)
        raise
    return "all"


@task
async def ignore(seconds: float) -> str:
    """Swallow all cancellations for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(end - time.monotonic())
    return "over"


@task
async def clean_up(path: str, *, returns: bool = False) -> str:
    """Rest, and write into a file when it is cancelled."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0.5)  # longer than a heartbeat of the tests
        with open(path, "a") as file:  # noqa: ASYNC230, PTH123 - a line
            file.write("cleaned up\n")
        if returns:
            return "returned after all"
        raise
    return "rested"


@task
async def ask_often() -> None:
    """Stop when somebody asks for it."""
    while not context.cancelled():  # noqa: ASYNC110 - as tasks do
        await asyncio.sleep(0.02)
    raise context.Cancelled("as you wish")


@task
async def block(seconds: float) -> float:
    """Hold up the loop."""
    time.sleep(seconds)  # noqa: ASYNC251 - on purpose
    return seconds


@task
async def show_seen() -> list[str]:
    """What the others have left behind."""
    return list(seen)
