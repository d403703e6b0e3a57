"""Tasks that end in other ways than by a result."""

import os
import signal
import time
from typing import Any

from celery.exceptions import Ignore, Reject

from lab.sample_app.celery import app
from lab.sample_app.journal import entries, note, trail_of


class OutOfStock(Exception):
    """An exception of the app's own."""

    def __init__(self, article: str, missing: int) -> None:
        """So many of an article are missing."""
        super().__init__(article, missing)


@app.task
def fail(message: str) -> None:
    """Fail with a message."""
    raise ValueError(message)


@app.task
def sell(article: str) -> None:
    """Fail with an exception of the app's own."""
    raise OutOfStock(article, 3)


@app.task(throws=(LookupError,))
def expected(key: str) -> None:
    """Fail in a way that is expected."""
    raise KeyError(key)


@app.task
def unserializable() -> object:
    """Return what no serializer takes."""
    return object()


@app.task(bind=True)
def ignore(self: Any) -> None:
    """End without a state."""
    note(self.request.id, "ignored")
    raise Ignore


@app.task(bind=True, acks_late=True)
def reject(self: Any) -> None:
    """Have the message dropped."""
    note(self.request.id, "rejected")
    raise Reject("no reason", requeue=False)


@app.task(bind=True, acks_late=True)
def requeue_once(self: Any) -> str:
    """Have the message delivered again, the first time."""
    if is_first_run(self.request.id):
        raise Reject("once more", requeue=True)
    return "delivered again"


@app.task(bind=True)
def killed(self: Any) -> str:
    """Kill the process that runs it; the message is acknowledged already."""
    note(self.request.id, "run")
    kill_process()
    return "alive"


@app.task(bind=True, acks_late=True)
def killed_late(self: Any) -> str:
    """Kill the process that runs it; the message is acknowledged when it has ended."""
    note(self.request.id, "run")
    kill_process()
    return "alive"


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def killed_once(self: Any) -> str:
    """Kill the process that runs it the first time; the message is delivered again."""
    if is_first_run(self.request.id):
        kill_process()
    return "second"


def kill_process() -> None:
    """Kill this process, when its worker has seen that it has begun: billiard would run the task once more, also for stock Celery."""
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def is_first_run(task_id: str) -> bool:
    """Whether no run of it was noted, which is done now."""
    runs = [entry for entry in entries(trail_of(task_id) or task_id) if entry == ["run"]]
    note(task_id, "run")
    return not runs
