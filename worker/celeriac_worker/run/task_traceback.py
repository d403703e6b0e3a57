"""Writes the traceback of a failed task, beginning at the task's own function."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from traceback import StackSummary, TracebackException

from celeriac.values.short_text import shortened, shortened_traceback

# A traceback of ten thousand frames would be written, only to be cut.
MOST_FRAMES = 100
# Between the worker's loop and the function, nothing of the task's author is called.
PACKAGES = ("billiard", "celery", "kombu", "pydantic", "celeriac", "celeriac_worker")


def _places() -> Iterator[str]:
    """Where these lie, without loading them: a loop process has no Celery."""
    for package in PACKAGES:
        # That of kombu, once it is loaded, has no `__spec__`.
        loaded = sys.modules.get(package)
        spec = None if loaded else find_spec(package)
        file = loaded.__file__ if loaded else spec and spec.origin
        if file:
            yield f"{Path(file).parent}/"


AROUND = tuple(_places())


def task_traceback(error: BaseException) -> str | None:
    """Its text, of bounded length; None where no frame of the task was reached, or the text cannot be made."""
    try:
        report = TracebackException.from_exception(error, limit=-MOST_FRAMES, compact=True)
        if not _strip(report):
            return None
        return shortened_traceback("".join(map(_printable, report.format())).rstrip("\n"))
    except Exception:  # noqa: BLE001 - an exception may do anything when it is asked for its text
        return None


def _strip(report: TracebackException) -> bool:
    """Take out the frames before the function's, here and in what led to it; whether there are any left."""
    frames = list(report.stack)
    inner = next(
        (at for at, frame in enumerate(frames) if not frame.filename.startswith(AROUND)), len(frames)
    )
    report.stack = StackSummary.from_list(frames[inner:])
    causes = (report.__cause__, report.__context__, *(report.exceptions or ()))
    remains = [_strip(cause) for cause in causes if cause is not None]
    return bool(report.stack) or any(remains)


def _printable(text: str) -> str:
    return shortened(text).encode("utf-8", "backslashreplace").decode()
