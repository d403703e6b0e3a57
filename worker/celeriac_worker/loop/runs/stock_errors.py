"""Celery's own errors, as its results name them, for processes that do not load Celery."""


class SoftTimeLimitExceeded(Exception):
    """A task ran longer than its soft time limit."""

    __module__ = "billiard.exceptions"


class TimeLimitExceeded(Exception):
    """A task ran longer than its time limit."""

    __module__ = "billiard.exceptions"


class TaskRevokedError(Exception):
    """A task was cancelled."""

    __module__ = "celery.exceptions"


class NotRegistered(KeyError):
    """The worker does not know the task."""

    __module__ = "celery.exceptions"
