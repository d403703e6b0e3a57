"""The states of a task, the ends for which another can wait, and its priorities."""

from enum import StrEnum


class State(StrEnum):
    """The state of a task. The task is ready, which means ended, in one of the last four."""

    BLOCKED = "blocked"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class When(StrEnum):
    """How the tasks must end that another task waits for. Failed is each that ended without success."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ENDED = "ended"


class Priority(StrEnum):
    """Which tasks of a queue start first."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
