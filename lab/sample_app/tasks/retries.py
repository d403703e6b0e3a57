"""Tasks that run again."""

import time
from typing import Any

from lab.sample_app.celery import app
from lab.sample_app.journal import note


@app.task(bind=True, max_retries=3)
def flaky(self: Any, failures: int, countdown: float = 0) -> str:
    """Fail so often, then succeed."""
    if self.request.retries < failures:
        raise self.retry(countdown=countdown, exc=ConnectionError("again"))
    return f"after {self.request.retries} retries"


@app.task(bind=True, max_retries=2, default_retry_delay=0)
def never(self: Any) -> None:
    """Ask for another run until that is refused."""
    raise self.retry()


@app.task(
    autoretry_for=(KeyError,), retry_backoff=False, default_retry_delay=0, max_retries=2, retry_jitter=False
)
def automatic(value: str) -> str:
    """Celery runs it again by itself; it fails in the end."""
    raise KeyError(value)


@app.task(bind=True, autoretry_for=(OSError,), default_retry_delay=0, max_retries=5)
def recovering(self: Any, failures: int) -> int:
    """Celery runs it again by itself, until it succeeds."""
    if self.request.retries < failures:
        raise OSError("not yet")
    return int(self.request.retries)


@app.task(bind=True, max_retries=5)
def with_other_arguments(self: Any, left: int) -> str:
    """Run again with other arguments."""
    if left:
        raise self.retry(args=(left - 1,), kwargs={}, countdown=0)
    return f"{self.request.retries} retries"


@app.task(bind=True, max_retries=2)
def slow_to_end(self: Any, seconds: float = 0.3) -> str:
    """Publish the next run, and go on for a while: another process could begin it before this one has ended."""
    if self.request.retries == 0:
        again = self.retry(countdown=0, throw=False)
        time.sleep(seconds)
        note(self.request.id, "published its next run")
        raise again
    return "second"
