"""What was found in a queue and is no message of Celery's: kept to be looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Poison:
    """One find: when (ISO 8601, UTC), why it is no message, and what it is, as text."""

    found_at: str
    reason: str
    message: str
