"""Converts durations and moments to the numbers that scripts use."""

from datetime import UTC, datetime, timedelta


def microseconds(duration: timedelta) -> int:
    """How many there are in it."""
    return duration // timedelta(microseconds=1)


def milliseconds(duration: timedelta) -> int:
    """How many there are in it."""
    return duration // timedelta(milliseconds=1)


def date_done() -> str:
    """This moment, as Celery writes it into a result: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()
