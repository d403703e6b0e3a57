"""Tasks that record each run in a file, where no failure reaches."""

import os
import time
from typing import Any

from lab.sample_app.celery import app


@app.task
def early(number: int, file: str, seconds: float = 0.0) -> int:
    """Be acknowledged before it runs."""
    return _witness(number, file, seconds)


@app.task(acks_late=True, reject_on_worker_lost=True)
def late(number: int, file: str, seconds: float = 0.0) -> int:
    """Be acknowledged when it has run, also where its process is killed."""
    return _witness(number, file, seconds)


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True, max_retries=None)
def again(self: Any, number: int, file: str, seconds: float = 0.0) -> int:
    """Run three times."""
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return _witness(number, file, seconds)


@app.task(acks_late=True, reject_on_worker_lost=True)
def then(_: Any, number: int, file: str, seconds: float = 0.0) -> int:
    """Come after another one."""
    return _witness(number, file, seconds)


def _witness(number: int, file: str, seconds: float) -> int:
    _write(file, f"begin {number}\n")
    time.sleep(seconds)
    _write(file, f"end {number}\n")
    return number


def _write(file: str, line: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
