"""A rejected message: what a worker found in a queue and could not read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """One find: when (ISO 8601, UTC), why it is no message, and what it is, as text."""

    found_at: str
    reason: str
    message: str
