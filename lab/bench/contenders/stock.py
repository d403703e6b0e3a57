"""A plain Celery app with one task, on the Redis at BENCH_REDIS_URL."""

import os
from typing import Any

from celery import Celery

REDIS_URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")


def add(x: int, y: int) -> int:
    """Add two integers."""
    return x + y


def new_app(**configuration: Any) -> Celery:
    """A Celery app with Celery's defaults but for this configuration."""
    app = Celery("stock", broker=REDIS_URL, backend=REDIS_URL, set_as_current=False)
    app.conf.update(configuration)
    app.task(name="add")(add)
    return app


app = new_app()
# What one sets to lose less and to see what runs: the nearest that stock Celery comes to Celeriac's worker.
careful = new_app(task_acks_late=True, task_track_started=True)
