"""The app's settings, in the lower-case names of Celery."""

import os
from typing import Any

from celery.schedules import crontab

broker_url = os.environ["SAMPLE_BROKER"]
result_backend = os.environ.get("SAMPLE_RESULTS", broker_url)
broker_connection_retry_on_startup = True
# As many priorities as the tasks use, in lists of their own.
broker_transport_options = {"queue_order_strategy": "priority", "visibility_timeout": 3600}
imports = [
    "lab.sample_app.tasks.bound",
    "lab.sample_app.tasks.canvas",
    "lab.sample_app.tasks.classes",
    "lab.sample_app.tasks.limits",
    "lab.sample_app.tasks.models",
    "lab.sample_app.tasks.outcomes",
    "lab.sample_app.tasks.reports",
    "lab.sample_app.tasks.retries",
    "lab.sample_app.tasks.shared",
    "lab.sample_app.tasks.typed",
    "lab.sample_app.tasks.untyped",
    "lab.sample_app.tasks.values",
    "lab.sample_app.tasks.witness",
]
timezone = "UTC"


def by_region(
    name: str,
    args: tuple[Any, ...],  # noqa: ARG001 - the parameters of a router
    kwargs: dict[str, Any],
    options: dict[str, Any],  # noqa: ARG001
    task: object = None,  # noqa: ARG001
    **others: object,  # noqa: ARG001
) -> dict[str, str] | None:
    """The queue of a task that has a region: a route that depends on the arguments."""
    if name.endswith(".regional"):
        return {"queue": "us" if kwargs.get("region") == "us" else "eu"}
    return None


task_routes = (by_region, {"lab.sample_app.tasks.reports.*": {"queue": "reports"}})
beat_schedule = {
    "tick every second": {
        "task": "lab.sample_app.tasks.untyped.tick",
        "schedule": 1.0,
        "args": ("interval",),
    },
    "tick with options": {
        "task": "lab.sample_app.tasks.untyped.tick",
        "schedule": 1.5,
        "args": ("options",),
        "options": {"expires": 30, "priority": 6},
    },
    "report at midnight": {
        "task": "lab.sample_app.tasks.reports.daily",
        "schedule": crontab(hour=0, minute=0),
        "args": ("2026-01-01",),
    },
}
