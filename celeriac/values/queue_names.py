"""Names that no queue can have, because Celery, kombu or Celeriac use such keys."""

_TAKEN = {
    "unacked": "Celery",
    "_kombu": "Celery",
    "celery-task-meta-": "Celery",
    "celery-taskset-meta-": "Celery",
    "chord-unlock-": "Celery",
    "celeriac:": "Celeriac",
}


def taken_for(name: str) -> str | None:
    """The program that uses keys with this name, so that no queue can have it; None if there is none."""
    return next((owner for start, owner in _TAKEN.items() if name.startswith(start)), None)
