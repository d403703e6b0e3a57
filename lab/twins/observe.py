"""Writes down, as JSON, what a program can learn about a result."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

from celery.result import AsyncResult, GroupResult

from lab.sample_app import journal
from lab.twins.case import Noted

PATIENCE_SECONDS = float(os.environ.get("SAMPLE_PATIENCE", "60"))
POLL_SECONDS = 0.02
# What differs from run to run: ids, and the numbers of a pool's jobs.
ID = re.compile(r"(?<=Job: )\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def observe(outcome: Any) -> Any:
    """All about results, and what is no result as JSON; ids are all alike, for each run has its own."""
    match outcome:
        case Noted(result=result, words=words, times=times):
            wait_for_note(*words, times=times)
            return {"state": result.state}
        case GroupResult():
            return {"group": [observe(result) for result in outcome.results]}
        case AsyncResult():
            return _observe_result(outcome)
        case list() | tuple():
            return [observe(each) for each in outcome]
        case _:
            return _as_json(outcome)


def wait_for_note(*words: Any, times: int = 1) -> None:
    """Return when this is noted so many times on the present trail; whatever else the entry says."""

    def is_noted() -> bool:
        rows = journal.entries(journal.trail.get())
        return sum(row[: len(words)] == list(words) for row in rows) >= times

    wait_until(is_noted, f"{words}")


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return when it is so; `TimeoutError` when it is not for long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(POLL_SECONDS)


def _observe_result(result: Any) -> dict[str, Any]:
    value = result.get(timeout=PATIENCE_SECONDS, propagate=False)
    seen: dict[str, Any] = {"state": result.state, "ready": result.ready(), "successful": result.successful()}
    if isinstance(value, BaseException):
        seen["error"] = [type(value).__name__, _as_json(str(value))]
    else:
        seen["value"] = _as_json(value)
    traceback = result.traceback
    seen["traceback"] = _as_json(str(traceback).rstrip().splitlines()[-1]) if traceback else None
    seen["name"] = result.name
    children = result.children or []
    seen["children"] = [observe(child) for child in children]
    if result.parent is not None:
        seen["parent"] = observe(result.parent)
    return seen


def _as_json(value: Any) -> Any:
    match value:
        case str():
            return ID.sub("ID", value)
        case None | bool() | int() | float():
            return value
        case list() | tuple():
            return [_as_json(each) for each in value]
        case dict():
            return {str(key): _as_json(each) for key, each in value.items()}
        case _:
            return f"{type(value).__name__} {ID.sub('ID', str(value))}"
