"""What a running task may ask about itself. Outside a worker the answers are those of a first attempt that nobody cancels."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

ASK_SECONDS = 0.25


class Cancelled(Exception):
    """Raised by a task that stops because it was asked to: it ends as `cancelled`, or as `failed` if nobody has asked."""


@dataclass(slots=True)
class _Run:
    """One run: which attempt it is, how to find out whether it is to end, and what was found out last, and when."""

    attempt: int = 1
    ask: Callable[[], bool] = field(default=lambda: False)
    is_cancelled: bool = False
    asked_at: float = float("-inf")


_run: ContextVar[_Run] = ContextVar("run")


def attempt() -> int:
    """Which attempt this is: 1 for the first, counted up by each retry."""
    return _current().attempt


def cancelled() -> bool:
    """Whether somebody wants this task to end. Redis is asked at most every `ASK_SECONDS`, so ask as often as you like."""
    run = _current()
    now = time.monotonic()
    if not run.is_cancelled and now - run.asked_at >= ASK_SECONDS:
        run.asked_at = now
        run.is_cancelled = run.ask()
    return run.is_cancelled


def begin(number: int, *, ask: Callable[[], bool]) -> None:
    """Told by the pool before the function runs: the attempt's number, and how to ask whether the task is cancelled."""
    _run.set(_Run(number, ask))


def _current() -> _Run:
    return _run.get(None) or _Run()
