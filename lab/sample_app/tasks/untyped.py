"""Tasks without a single type, as most of the world's are."""

from celery import current_task

from lab.sample_app.celery import app
from lab.sample_app.journal import note


@app.task
def add(x, y):
    """The sum of two things that can be added."""
    return x + y


@app.task
def anything(*args, **kwargs):
    """All that came in."""
    return {"args": list(args), "kwargs": kwargs}


@app.task
def defaults(first, second=2, *, third=3):
    """What came in, or is there by default."""
    return [first, second, third]


@app.task(typing=False)
def unchecked(first):
    """A task whose arguments are not checked before it is published."""
    return first


@app.task(ignore_result=True)
def tick(source):
    """What beat sends."""
    note(current_task.request.id, "tick", source)


@app.task(name="ping")
def ping():
    """A task that has a name of its own, and no arguments."""
    return "pong"
