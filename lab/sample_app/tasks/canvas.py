"""Tasks that are parts of workflows, or start them."""

from typing import Any

from celery import chain, group

from lab.sample_app.celery import app
from lab.sample_app.journal import note
from lab.sample_app.tasks.untyped import add


@app.task
def total(numbers: list[int]) -> int:
    """The sum of the results of a group."""
    return sum(numbers)


@app.task(bind=True)
def callback(self: Any, result: Any) -> Any:
    """Called with the result of another task."""
    note(self.request.id, "callback", result)
    return result


@app.task
def on_error(request: Any, error: BaseException, traceback: Any) -> None:
    """Called with the error of another task, in the way of an error callback."""
    note(request.id, "on_error", type(error).__name__, str(error), bool(traceback))


@app.task(bind=True)
def on_error_id(self: Any, task_id: str) -> None:
    """Called with the id of a task that has failed, in the old way."""
    note(self.request.id, "on_error_id", bool(task_id))


@app.task(bind=True)
def replaced(self: Any, number: int) -> Any:
    """Be replaced by another task."""
    raise self.replace(add.s(number, 1))


@app.task(bind=True)
def replaced_by_chord(self: Any, numbers: list[int]) -> Any:
    """Be replaced by a group with a task after it."""
    raise self.replace(group(add.s(number, 1) for number in numbers) | total.s())


@app.task(bind=True)
def add_to_chord(self: Any, number: int) -> int:
    """Add another part to the chord that this is a part of."""
    self.add_to_chord(add.si(number, 100))
    return number


@app.task
def start_others(count: int) -> int:
    """Start tasks, which become its children."""
    for number in range(count):
        add.delay(number, 1)
    chain(add.s(1, 1), add.s(1)).apply_async()
    return count
