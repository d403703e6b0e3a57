"""The transitions between the states of a task, and Celery's names for the states."""

from celeriac.values.states import State

__all__ = ["FINAL", "TRANSITIONS", "State", "from_celery"]

FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.EXPIRED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.BLOCKED: frozenset({State.SCHEDULED, State.QUEUED, State.CANCELLED, State.EXPIRED}),
    State.SCHEDULED: frozenset({State.BLOCKED, State.QUEUED, State.CANCELLED, State.EXPIRED}),
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.EXPIRED, State.FAILED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.RETRYING, State.CANCELLED, State.QUEUED}),
    State.RETRYING: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}

# celery/states.py. PENDING is what Celery says of any id it has never heard of; with a record it means queued.
_FROM_CELERY = {
    "PENDING": State.QUEUED,
    "RECEIVED": State.QUEUED,
    "STARTED": State.RUNNING,
    "RETRY": State.RETRYING,
    "SUCCESS": State.SUCCEEDED,
    "FAILURE": State.FAILED,
    "REVOKED": State.CANCELLED,
}


def from_celery(status: str) -> State:
    """The state for a status of Celery's. A custom status (`update_state`) means `running`."""
    return _FROM_CELERY.get(status, State.RUNNING)
