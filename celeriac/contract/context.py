"""Tells a running task about itself, and takes its reports.

Outside a worker, the answers are those of a first attempt that nobody cancels, and reports are dropped: a task stays a plain
function, and a test can call it.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

from celeriac.contract.reports import LONGEST, Reports, Send, Telling
from celeriac.contract.threads import hand_on

ASK_SECONDS = 0.25


class Cancelled(Exception):
    """A task raises this to stop on request: it ends as `cancelled`, or as `failed` if nobody asked."""


@dataclass(slots=True)
class _Run:
    """One run: which attempt it is, how to find out whether it is to end, and what was found out last, and when.

    What it says of itself is collected once it says something, if there is somewhere to send it.
    """

    attempt: int = 1
    ask: Callable[[], bool] = field(default=lambda: False)
    is_cancelled: bool = False
    asked_at: float = float("-inf")
    send: Send | None = None
    telling: Reports | None = None
    ask_seconds: float = ASK_SECONDS


_run: ContextVar[_Run] = ContextVar("run")
_beginning = Lock()


def attempt() -> int:
    """The number of this attempt: 1 for the first; each retry adds 1."""
    return _current().attempt


def cancelled() -> bool:
    """Whether somebody asked to cancel this task. It asks Redis at most every `ASK_SECONDS`, so call it as often as you like.

    While Redis is away, the answer is no, unless it was yes before.
    """
    run = _current()
    if not run.is_cancelled and time.monotonic() - run.asked_at >= run.ask_seconds:
        run.is_cancelled = run.ask()
        run.asked_at = time.monotonic()
    return run.is_cancelled


def progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Report how far the task is, in units that you choose. Call it as often as you like: reports are sent ten times a second."""
    telling = _telling()
    if telling is not None:
        telling.progress(done, total, message)


def log(line: str) -> None:
    """Add a line to the log of this task, which clients can read while it runs and afterwards."""
    telling = _telling()
    if telling is not None:
        telling.event("log", {"line": line[:LONGEST]})


def emit(chunk: str) -> None:
    """Send a part of the output to watching clients before the task returns, such as generated text."""
    telling = _telling()
    if telling is not None:
        telling.event("output", {"chunk": chunk[:LONGEST]})


def begin(number: int, *, ask: Callable[[], bool], send: Send | None = None) -> None:
    """The pool calls this before the function runs: the attempt's number, how to check for cancelling, and where to send reports."""
    _hand_on_to_threads()
    _run.set(_Run(number, ask, send=send))


def begin_recorded(number: int, *, ask: Callable[[], bool], reports: Reports) -> None:
    """The same for a test: it is asked at each call, and `reports` get every report at once."""
    _hand_on_to_threads()
    _run.set(_Run(number, ask, telling=reports, ask_seconds=0.0))


def end() -> None:
    """The pool calls this after the function has ended: the last reports are sent now."""
    telling = _current().telling
    if telling is not None:
        telling.end()


@cache
def _hand_on_to_threads() -> None:
    """In a process that runs tasks, and once."""
    hand_on(_run)


def _telling() -> Reports | None:
    """This run's own, made when it says something for the first time; None where that goes nowhere."""
    run = _current()
    if run.telling is not None:
        return run.telling
    if run.send is None:
        return None
    with _beginning:  # a task may have threads
        if run.telling is None:
            run.telling = Telling(run.send)
        return run.telling


def _current() -> _Run:
    return _run.get(None) or _Run()
