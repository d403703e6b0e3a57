"""Tells a running task about itself, and takes its reports.

Outside a worker, the answers are those of a first attempt that nobody cancels, and reports are dropped: a task stays a plain
function, and a test can call it.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import Any, Literal

from celeriac.contract.options.flow import Concurrency, Debounce, Throttle, Unique
from celeriac.contract.reports import LONGEST, Reports, Send, Telling
from celeriac.contract.submitting import (
    NewTask,
    Other,
    Submissions,
    Submitted,
    duration,
    flow_members,
    ids_of,
    named,
    whole_input,
)
from celeriac.contract.threads import hand_on
from celeriac.values.states import When

ASK_SECONDS = 0.25


class Cancelled(Exception):
    """A task raises this to stop on request: it ends as `cancelled`, or as `failed` if nobody asked."""


class RunIsOver(Exception):
    """This run was taken for lost, and another one may have begun: it can submit nothing any more."""


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
    begin_telling: Callable[[], Reports] | None = None
    ask_seconds: float = ASK_SECONDS
    submissions: Submissions | None = None
    begin_submitting: Callable[[], Submissions] | None = None


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


def submit(  # noqa: PLR0913 - each is an option of a submission
    task: str | Callable[..., Any],
    /,
    *,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - as `Client.submit` has it
    key: str | None = None,
    delay: float | timedelta | None = None,
    expires: float | timedelta | None = None,
    after: Other | Iterable[Other] | None = None,
    when: Literal["succeeded", "failed", "ended"] = "succeeded",
    queue: str | None = None,
    tags: str | Iterable[str] = (),
    priority: Literal["high", "normal", "low"] | None = None,
    fair: str | None = None,
    unique: Unique | Mapping[str, Any] | None = None,
    debounce: Debounce | Mapping[str, Any] | None = None,
    throttle: Throttle | Mapping[str, Any] | None = None,
    concurrency: Concurrency | Mapping[str, Any] | None = None,
    **fields: Any,
) -> Submitted:
    """Submit another task, by its name or its function: `context.submit(add, x=4, y=5)`. It runs whatever becomes of this one.

    The input and the options are those of `Client.submit`, and so are the errors (`celeriac.client.errors`). Options that are not given are
    those of the definition. The new task belongs to the owner of this one.

    In a plain task, and in a thread, it returns when the new task is accepted. In an `async def`, `await context.submit(...)` does;
    without `await`, it is accepted before this task ends, and an error of it is this task's. With a `unique` key, `await` it: another
    task may be the one that it stands for.

    However often this task runs, its first submission is one task, and so is its second. Give each a `key` if their order or number can
    differ from run to run. `RunIsOver`: this run was taken for lost, so nothing was submitted.
    """
    submissions = _submissions()
    if submissions is None:
        raise RuntimeError(
            "context.submit works in a task that came through the API and runs in a worker of Celeriac, or in "
            "celeriac.testing.run_task. Elsewhere, use celeriac.Client."
        )
    name, implementation = named(task)
    task_input = whole_input(input, fields)
    new_task = NewTask(
        id=submissions.id_of(key), name=name, implementation=implementation, input=task_input, after=ids_of(after),
        when=When(when), delay=duration(delay), expires=duration(expires), queue=queue,
        tags=(tags,) if isinstance(tags, str) else tuple(dict.fromkeys(tags)), priority=priority, fair=fair,
        flow=flow_members(unique=unique, debounce=debounce, throttle=throttle, concurrency=concurrency),
    )  # fmt: skip
    return submissions.submit(new_task)


def begin(
    number: int,
    *,
    ask: Callable[[], bool],
    send: Send | None = None,
    submissions: Callable[[], Submissions] | None = None,
) -> None:
    """The pool calls this before the function runs: the attempt's number, how to check for cancelling, and where to send reports and tasks."""
    _hand_on_to_threads()
    _run.set(_Run(number, ask, send=send, begin_submitting=submissions))


def begin_recorded(
    number: int, *, ask: Callable[[], bool], reports: Reports, submissions: Submissions
) -> None:
    """The same for a test: it is asked at each call, and `reports` get every report at once."""
    _hand_on_to_threads()
    _run.set(_Run(number, ask, telling=reports, ask_seconds=0.0, submissions=submissions))


def begin_in_loop(
    number: int,
    *,
    ask: Callable[[], bool],
    reports: Callable[[], Reports] | None,
    submissions: Callable[[], Submissions] | None,
) -> None:
    """The same for a run in an event loop: neither `ask` nor reports wait for anything."""
    _hand_on_to_threads()
    _run.set(_Run(number, ask, ask_seconds=0.0, begin_telling=reports, begin_submitting=submissions))


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
    if run.send is None and run.begin_telling is None:
        return None
    with _beginning:  # a task may have threads
        if run.telling is None:
            run.telling = _new_telling(run)
        return run.telling


def _new_telling(run: _Run) -> Reports | None:
    if run.begin_telling is not None:
        return run.begin_telling()
    return None if run.send is None else Telling(run.send)


def _submissions() -> Submissions | None:
    """This run's own, made for the first of them."""
    run = _current()
    if run.submissions is None and run.begin_submitting is not None:
        with _beginning:
            if run.submissions is None:
                run.submissions = run.begin_submitting()
    return run.submissions


def _current() -> _Run:
    return _run.get(None) or _Run()
