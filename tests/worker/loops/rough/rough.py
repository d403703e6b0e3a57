"""They stay, block, do not let themselves be cancelled, or end their process."""

import asyncio
import os
import re
import signal
import time
from datetime import timedelta
from pathlib import Path

from celeriac import context, task

POLL_SECONDS = 0.02


@task
async def stay(until: Path, begun: Path | None = None) -> str:
    """Run until this file exists; say that it runs."""
    if begun is not None:
        begun.touch()
    while not until.exists():
        await asyncio.sleep(POLL_SECONDS)
    return "let go"


@task
async def stay_and_tidy(until: Path, tidied: Path) -> str:
    """The same; in the end, make the other file."""
    try:
        return await stay(until)
    finally:
        tidied.touch()


@task
async def listen(until: Path) -> bool:
    """Run until somebody has asked for its end, or this file exists."""
    while not until.exists():
        if context.cancelled():
            return True
        await asyncio.sleep(POLL_SECONDS)
    return False


@task(soft_time_limit=timedelta(seconds=0.3), time_limit=timedelta(seconds=0.8))
async def stay_stubbornly(until: Path) -> None:
    """Go on, whoever cancels it."""
    while not until.exists():
        try:
            await asyncio.sleep(POLL_SECONDS)
        except asyncio.CancelledError:
            continue


@task
async def block(seconds: float, file: Path | None = None) -> None:
    """Let no other run go on for so long; after the first time, if a file is given, not any more."""
    if file is not None and file.exists():
        return
    if file is not None:
        file.touch()
    time.sleep(seconds)


@task(time_limit=timedelta(seconds=0.5))
async def block_over_limit() -> None:
    """Let no other run go on for longer than it may run itself."""
    time.sleep(60)


@task
async def hold_interpreter() -> bool:
    """Let no thread of its process run: the expression takes longer than the universe is old."""
    return re.fullmatch("(a+)+b", "a" * 200) is not None


@task
async def kill_loop(unless: Path | None = None, deaths: Path | None = None) -> str:
    """End its process, unless this file exists; each time, add a line to the other one."""
    if unless is not None and unless.exists():
        return "spared"
    await asyncio.sleep(POLL_SECONDS)
    if deaths is not None:
        with deaths.open("a") as file:
            file.write("x\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return "alive"
