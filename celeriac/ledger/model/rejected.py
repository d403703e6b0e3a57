"""A rejected message: what a worker found in a queue and could not read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A rejected message: its time (ISO 8601, UTC), the reason, and its text."""

    found_at: str
    reason: str
    message: str
