"""A task that records each of its runs where no failure can reach."""

import os
import time
from pathlib import Path
from typing import Any

from celeriac import context, task


@task
def tick() -> None:
    """What a schedule submits that is paused."""


@task
def witness(
    number: int, file: Path, seconds: float = 0.0, needs: tuple[int, ...] = (), *, fails: bool = False
) -> dict[str, Any]:
    """Write down that this run has begun, take a while, write down that it ends, and return which run it was."""
    begin(number, file)
    time.sleep(seconds)
    return end(number, file, needs, fails=fails)


def begin(number: int, file: Path) -> None:
    """Write down that this run has begun."""
    _write(file, f"begin {number} {context.attempt()} {time.time():.3f}\n")


def end(number: int, file: Path, needs: tuple[int, ...], *, fails: bool) -> dict[str, Any]:
    """Write down that this run ends; which run it was."""
    _write(file, f"end {number} {context.attempt()} {time.time():.3f}\n")
    if fails:
        raise ValueError("it fails on purpose")
    return {"number": number, "attempt": context.attempt(), "needs": needs}


def _write(file: Path, line: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
