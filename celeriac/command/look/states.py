"""The states of tasks, and their colours."""

from enum import StrEnum


class StateName(StrEnum):
    """The states of a task, as options name them."""

    BLOCKED = "blocked"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# In rich's words.
COLOURS = {
    "blocked": "blue",
    "scheduled": "blue",
    "queued": "yellow",
    "running": "cyan",
    "retrying": "magenta",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "dim",
    "expired": "dim",
}


def colour_of(state: str) -> str:
    """The colour of a state; none for one that this version does not know."""
    return COLOURS.get(state, "")
