"""Tasks with limits of time, of their rate, and of when they may begin."""

import time
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from lab.sample_app.celery import app
from lab.sample_app.journal import note

LONG_SECONDS = 20


@app.task(soft_time_limit=0.5)
def over_soft_limit() -> None:
    """Run longer than its soft limit."""
    _work()


@app.task(soft_time_limit=0.5, time_limit=10)
def tidies_up() -> str:
    """Notice its soft limit, and end in time."""
    try:
        _work()
    except SoftTimeLimitExceeded:
        return "tidied up"
    return "too late"


@app.task(time_limit=1)
def over_hard_limit() -> None:
    """Run longer than its hard limit."""
    _work()


@app.task(rate_limit="20/s")
def at_a_rate(number: int) -> int:
    """Run at most so often."""
    return number


@app.task(bind=True, priority=9)
def unimportant(self: Any, number: int) -> int:
    """Run after all that is more important."""
    note(self.request.id, "unimportant", number)
    return number


@app.task(expires=30)
def soon(word: str) -> str:
    """Begin soon or not at all."""
    return word


@app.task(bind=True, ignore_result=True)
def quiet(self: Any, word: str) -> str:
    """Leave no result."""
    note(self.request.id, "quiet", word)
    return word


@app.task(bind=True, ignore_result=True, store_errors_even_if_ignored=True)
def quiet_failure(self: Any) -> None:
    """Leave no result but this error."""
    note(self.request.id, "quiet failure")
    raise ValueError("kept")


@app.task(acks_late=True)
def late(word: str) -> str:
    """Be acknowledged when it has ended."""
    return word


def _work() -> None:
    until = time.monotonic() + LONG_SECONDS
    while time.monotonic() < until:
        time.sleep(0.01)
