"""Async tasks that share a value with others in their loop."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from celeriac import Shared, task


async def box() -> AsyncIterator[list[Path]]:
    """Files to write to at the end of the process."""
    marks: list[Path] = []
    yield marks
    for mark in marks:
        mark.write_text(f"closed by {os.getpid()}")


@task
async def share_in_loop(mark: Path, box: Annotated[list[Path], Shared(box)]) -> tuple[int, int]:
    """The process, and how many tasks have shared its box."""
    box.append(mark)
    return os.getpid(), len(box)
