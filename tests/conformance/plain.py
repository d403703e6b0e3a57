"""A Celery app that knows nothing of Celeriac; run by whichever Python has the Celery that is to be asked.

`python plain.py ACTION JSON` does one thing as an ordinary Celery program would, and prints what came of it as JSON;
`celery -A plain worker` runs the tasks. Broker and result backend are in CELERY_URL. It imports Celery alone.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.result import AsyncResult

URL = os.environ["CELERY_URL"]
PATIENCE = 20
Outcome = dict[str, Any]

app = Celery("plain", broker=URL, backend=URL)
app.conf.task_default_queue = "default"
app.conf.task_track_started = True
app.conf.broker_connection_retry_on_startup = True


@app.task(name="add", time_limit=90, soft_time_limit=60)
def add(x: int, y: int) -> int:
    """The sum."""
    return x + y


@app.task(name="fail")
def fail(message: str) -> None:
    """Fail with this message."""
    raise RuntimeError(message)


@app.task(name="word_count")
def word_count(text: str) -> Outcome:
    """Give the text back with its length."""
    return {"text": text, "length": len(text)}


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


def publish(task: str, kwargs: dict[str, Any], options: dict[str, Any]) -> str:
    """Publish a task as `apply_async` does; its id."""
    return str(app.tasks[task].apply_async(kwargs=kwargs, **options).id)


def send(task: str, args: list[Any], kwargs: dict[str, Any]) -> Outcome:
    """Send a task by its name alone, to whoever runs it, and wait for its end."""
    result = app.send_task(task, args=args, kwargs=kwargs, queue="default")
    return outcome(result)


def ask(task_id: str) -> Outcome:
    """What this Celery says of a task that somebody else submitted."""
    return outcome(AsyncResult(task_id, app=app))


def state(task_id: str) -> str:
    """The state of a task as it is now."""
    return str(AsyncResult(task_id, app=app).state)


def pickled(file: str) -> str:
    """Publish a message that makes a file when it is unpickled; its id."""
    app.conf.task_serializer = "pickle"
    app.conf.accept_content = ["pickle"]
    return str(app.send_task("add", kwargs={"x": Touch(file), "y": 1}, queue="default").id)


class Touch:
    """Whoever unpickles this makes a file."""

    def __init__(self, file: str) -> None:
        """Name the file."""
        self.file = file

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        """How pickle is to make this again: by opening the file for writing."""
        return open, (self.file, "w")


def outcome(result: Any) -> Outcome:
    """The end of a task: its state, and its value or error."""
    value = result.get(timeout=PATIENCE, propagate=False)
    if isinstance(value, Exception):
        return {"id": result.id, "state": result.state, "error": type(value).__name__, "message": str(value)}
    return {"id": result.id, "state": result.state, "value": value}


ACTIONS = {action.__name__: action for action in (publish, send, ask, state, pickled)}

if __name__ == "__main__":
    json.dump(ACTIONS[sys.argv[1]](**json.loads(sys.argv[2])), sys.stdout)
