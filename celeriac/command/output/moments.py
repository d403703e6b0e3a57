"""Makes texts of times and durations, for people."""

from datetime import UTC, datetime

UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def moment(time: str | None) -> str:
    """A time of the API to the second: `2026-05-01 12:00:03Z`; nothing for null."""
    if time is None:
        return ""
    return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def age(time: str | None, now: datetime) -> str:
    """How long ago that was, in one unit: `42s`, `5m`, `3h`, `2d`; nothing for null."""
    return "" if time is None else rough((now - datetime.fromisoformat(time)).total_seconds())


def rough(seconds: float) -> str:
    """A duration in one unit, rounded down."""
    for unit, length in UNITS:
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return "0s"


def exact(start: str | None, end: str | None) -> str:
    """The time between two times of the API: `42 ms`, `3 h 5 min`; nothing if either is null."""
    if start is None or end is None:
        return ""
    seconds = max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1_000:.3g} ms"
    minutes, hours = int(seconds // 60), int(seconds // 3_600)
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {int(seconds % 60)} s"
