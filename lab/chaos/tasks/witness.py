"""A task that records each of its runs where no failure can reach."""

import os
import time
from pathlib import Path

from celeriac import context, task


@task
def witness(number: int, file: Path, seconds: float = 0.0) -> dict[str, int]:
    """Write down that this run has begun, take a while, and return which run it was."""
    line = f"{number} {context.attempt()} {time.time():.3f}\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
    time.sleep(seconds)
    return {"number": number, "attempt": context.attempt()}
