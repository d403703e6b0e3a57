"""What a running task may ask about itself. Outside a worker the answers are those of a first attempt."""

from contextvars import ContextVar

_attempt: ContextVar[int] = ContextVar("attempt", default=1)


def attempt() -> int:
    """Which attempt this is: 1 for the first, counted up by each retry."""
    return _attempt.get()


def set_attempt(number: int) -> None:
    """Told by the pool before the function runs."""
    _attempt.set(number)
