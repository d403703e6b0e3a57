"""Tasks that share a value with others in their process."""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Annotated

from celeriac import RetryPolicy, Shared, task

openings = count()


def box() -> Iterator[list[Path]]:
    """Files to write to at the end of the process."""
    marks: list[Path] = []
    yield marks
    for mark in marks:
        mark.write_text(f"closed by {os.getpid()}")


def lid(box: Annotated[list[Path], Shared(box)]) -> Iterator[str]:
    """It is closed before what it needs."""
    yield "lid"
    for mark in box:
        mark.write_text("closed too late, or not at all")


def unsteady() -> Iterator[int]:
    """It opens at the second attempt."""
    number = next(openings)
    if number == 0:
        raise ConnectionError("not now")
    yield number


@task
def share(
    mark: Path, box: Annotated[list[Path], Shared(box)], lid: Annotated[str, Shared(lid)]
) -> tuple[int, int, str]:
    """The process, how many tasks have shared its box, and what its lid is."""
    box.append(mark)
    return os.getpid(), len(box), lid


@task(retry=RetryPolicy(on=(ConnectionError,), attempts=2, backoff=timedelta(milliseconds=10)))
def share_unsteady(thing: Annotated[int, Shared(unsteady)]) -> int:
    """How often it was opened."""
    return thing
