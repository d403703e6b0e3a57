"""Frees the frames of a failed run at its end.

Celery empties the frames that an error has come through (`traceback_clear`), but not its own, which still run then. They hold the
error, with a copy of its traceback that takes 100 KB and more, and the error holds them: each frame knows the one that has called it.
Python looks for such circles the less often, the more there is in a process: here, once in several hundred failures.

Upstream: https://github.com/celery/celery/issues/8882 and https://github.com/celery/billiard/issues/311.
"""

from contextlib import suppress
from itertools import chain
from traceback import walk_stack, walk_tb
from types import FrameType, TracebackType
from typing import Any

from billiard.einfo import ExceptionWithTraceback


def let_go(outcome: tuple[int, Any, float]) -> None:
    """Of what Celery gives to billiard at the end of a run: 1 if it failed, then an `ExceptionInfo`, and how long it took."""
    failed, failure, _ = outcome
    if not failed:
        return
    failure.tb = None  # the copy: it is in the log by now, and the main process does not look at it
    error = failure.exception
    if isinstance(error, ExceptionWithTraceback):
        error = error.exc
    traceback: TracebackType | None = error.__traceback__
    if traceback is not None:
        for frame, _ in chain(walk_tb(traceback), walk_stack(traceback.tb_frame)):
            _empty(frame)


def _empty(frame: FrameType) -> None:
    """Where billiard has asked for its variables, they are kept a second time; asked again, it finds that there are none."""
    with suppress(RuntimeError):  # it still runs
        frame.clear()
        _ = frame.f_locals
