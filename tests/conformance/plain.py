"""A Celery app without Celeriac, run by the Python of the tested Celery.

`python plain.py` reads lines of JSON, `[ACTION, ARGUMENTS]`, does each as any Celery program would, and answers with
a line of JSON; `celery -A plain worker` runs the tasks. Broker and result backend are in CELERY_URL; CELERY_RESULTS
is the result backend where that is another.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery
from celery.result import AsyncResult

URL = os.environ["CELERY_URL"]
PATIENCE_SECONDS = 20
POLL_SECONDS = 0.02
Outcome = dict[str, Any]

app = Celery("plain", broker=URL, backend=os.environ.get("CELERY_RESULTS", URL))
app.conf.task_default_queue = "default"
app.conf.task_track_started = True
app.conf.broker_connection_retry_on_startup = True


@app.task(name="add")
def add(x: int, y: int) -> int:
    """The sum."""
    return x + y


@app.task(name="fail")
def fail(message: str) -> None:
    """Fail with this message."""
    raise RuntimeError(message)


@app.task(name="flaky", bind=True, max_retries=3)
def flaky(self: Any, failures: int) -> str:
    """Fail so often, then succeed."""
    if self.request.retries < failures:
        raise self.retry(countdown=0, exc=ConnectionError("again"))
    return f"succeeded on attempt {self.request.retries + 1}"


@app.task(name="give_back_anything")
def give_back_anything(value: Any) -> Any:
    """The value that came in."""
    return value


@app.task(name="over_soft_limit")
def over_soft_limit() -> None:
    """Run longer than the message allows."""
    time.sleep(PATIENCE_SECONDS)


@app.task(name="over_hard_limit_alone")
def over_hard_limit_alone() -> None:
    """Run longer than the message allows, with no soft limit to say so before."""
    time.sleep(PATIENCE_SECONDS)


@app.task(name="leave_trace")
def leave_trace(file: str, until: str) -> None:
    """Write down when this run has begun; then run until the other file exists."""
    with Path(file).open("a") as trace:
        trace.write(f"{time.time()}\n")
    while not Path(until).exists():
        time.sleep(POLL_SECONDS)


@app.task(name="exhaust_memory")
def exhaust_memory() -> None:
    """Ask for more than there is."""
    raise MemoryError("1 EiB")


def publish(task: str, kwargs: dict[str, Any], options: dict[str, Any]) -> str:
    """Publish one of the tasks above; its id."""
    return str(app.tasks[task].apply_async(kwargs=kwargs, **options).id)


def send(task: str, args: list[Any], kwargs: dict[str, Any]) -> Outcome:
    """Send a task by its name alone, to whoever runs it, and wait for its end."""
    return _outcome(app.send_task(task, args=args, kwargs=kwargs))


def ask(task_id: str) -> Outcome:
    """Wait for the end of a task that somebody else submitted."""
    return _outcome(AsyncResult(task_id, app=app))


def state(task_id: str) -> str:
    """The state of a task as it is now."""
    return str(AsyncResult(task_id, app=app).state)


def send_pickle(file: str) -> str:
    """Send a message that makes this file when it is unpickled; its id."""
    kwargs = {"x": _MakesFile(file), "y": 1}
    return str(app.send_task("add", kwargs=kwargs, serializer="pickle").id)


class _MakesFile:
    def __init__(self, file: str) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        """How pickle is to make this again: by opening the file for writing."""
        return open, (self._file, "w")


def _outcome(result: Any) -> Outcome:
    value = result.get(timeout=PATIENCE_SECONDS, propagate=False)
    told = {"task_id": result.id, "state": result.state}
    if isinstance(value, Exception):
        return {**told, "error": type(value).__name__, "message": str(value)}
    return {**told, "value": value}


ACTIONS = {action.__name__: action for action in (publish, send, ask, state, send_pickle)}

if __name__ == "__main__":
    for line in sys.stdin:
        name, arguments = json.loads(line)
        sys.stdout.write(json.dumps(ACTIONS[name](**arguments)) + "\n")
        sys.stdout.flush()
