"""Tasks that know their request."""

import time
from typing import Any

from celery.exceptions import Ignore

from lab.sample_app.celery import app
from lab.sample_app.journal import note


@app.task(bind=True)
def describe(self: Any, word: str = "") -> dict[str, Any]:
    """What a task sees of its request."""
    request = self.request
    return {
        "word": word,
        "name": self.name,
        "retries": request.retries,
        "is_eager": request.is_eager,
        "has_id": bool(request.id),
        "has_root": bool(request.root_id),
        "has_expires": bool(request.expires),
        "has_eta": bool(request.eta),
        "timelimit": request.timelimit,
        "priority": (request.delivery_info or {}).get("priority"),
        "routing_key": (request.delivery_info or {}).get("routing_key"),
        "has_trail": bool(request.get("trail")),
        "tenant": request.get("tenant"),
        "args": request.args,
        "kwargs": request.kwargs,
    }


@app.task(bind=True)
def progress(self: Any, steps: int) -> str:
    """Report progress, in a state of its own."""
    for step in range(steps):
        self.update_state(state="PROGRESS", meta={"step": step, "of": steps})
        note(self.request.id, "state", app.AsyncResult(self.request.id).state)
    return "done"


@app.task(bind=True)
def fail_by_hand(self: Any) -> None:
    """Store a failure, and have Celery ignore the end."""
    self.update_state(
        state="FAILURE", meta={"exc_type": "ValueError", "exc_message": ["by hand"], "exc_module": "builtins"}
    )
    raise Ignore


@app.task(bind=True, track_started=True)
def hold(self: Any, seconds: float) -> str:
    """Run for a while."""
    note(self.request.id, "began")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.02)
    note(self.request.id, "held")
    return "held"


@app.task(bind=True)
def is_tracked(self: Any) -> str:
    """The state of this task while it runs."""
    return str(app.AsyncResult(self.request.id).state)
