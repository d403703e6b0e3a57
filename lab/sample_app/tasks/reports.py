"""Tasks with routes: by a glob of their names, and by a function."""

from typing import Any

from lab.sample_app.celery import app


@app.task(bind=True)
def daily(self: Any, day: str) -> list[str]:
    """A report, from the queue of reports."""
    return [day, self.request.delivery_info["routing_key"]]


@app.task(bind=True)
def regional(self: Any, *, region: str = "eu") -> list[str]:
    """A report, from the queue of its region."""
    return [region, self.request.delivery_info["routing_key"]]
