"""Converts durations and moments to the numbers that scripts use."""

from datetime import UTC, datetime, timedelta


def microseconds(duration: timedelta) -> int:
    """The number of them in this duration."""
    return duration // timedelta(microseconds=1)


def milliseconds(duration: timedelta) -> int:
    """The number of them in this duration."""
    return duration // timedelta(milliseconds=1)


def date_done() -> str:
    """This moment in the form of Celery's results: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()
