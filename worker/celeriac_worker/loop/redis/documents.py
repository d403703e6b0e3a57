"""Writes Celery's own documents of results without Celery, for loop processes.

They are those of `Backend._get_result_meta` (celery/backends/base.py); worker/celeriac_worker/run/backend.py has the same with Celery.
"""

import json
from time import monotonic
from typing import Any

from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import date_done
from celeriac.values.short_text import LONGEST_MESSAGE, shortened_traceback
from celeriac_worker.run.failure import LONGEST_FAILURE

STARTED, SUCCESS, FAILURE, REVOKED, RETRY = "STARTED", "SUCCESS", "FAILURE", "REVOKED", "RETRY"
PRECISION_SECONDS = 0.001


_moment = (0.0, "")


def date_done_lately() -> str:
    """This moment in the form of Celery's results, or one at most a millisecond ago: it is asked for several times a task."""
    global _moment  # noqa: PLW0603 - it is the same for all of the process
    now = monotonic()
    if now - _moment[0] > PRECISION_SECONDS:
        _moment = now, date_done()
    return _moment[1]


def started_document(task_id: str, worker_json: str) -> str:
    """That a task has begun, in the worker of this name, as JSON."""
    return (
        f'{{"status": "STARTED", "result": {{"pid": null, "hostname": {worker_json}}}, "traceback": null, '
        f'"children": [], "date_done": null, "task_id": "{task_id}"}}'
    )


def success_document(task_id: str, result: str) -> str:
    """That a task has returned this result, as JSON."""
    return (
        f'{{"status": "SUCCESS", "result": {result}, "traceback": null, "children": [], '
        f'"date_done": "{date_done_lately()}", "task_id": "{task_id}"}}'
    )


def error_document(
    task_id: str, error: BaseException, failure: Failure, *, status: str, traceback: str | None = None
) -> str:
    """That a task has ended with an error, or (RETRY) an attempt of it; `failure` is the error in words."""
    arguments = [_serializable(argument) for argument in getattr(error, "args", ())]
    text = _error_document(task_id, error, arguments, status=status, traceback=traceback)
    if len(text) > LONGEST_FAILURE:
        traceback = traceback and shortened_traceback(traceback)
        text = _error_document(task_id, error, [failure.message], status=status, traceback=traceback)
    return text


def _error_document(
    task_id: str, error: BaseException, arguments: list[Any], *, status: str, traceback: str | None
) -> str:
    kind = type(error)
    is_final = status in (FAILURE, REVOKED)
    return json.dumps(
        {
            "status": status,
            "result": {
                "exc_type": kind.__qualname__,
                "exc_message": arguments,
                "exc_module": kind.__module__,
            },
            "traceback": traceback,
            "children": [],
            "date_done": date_done_lately() if is_final else None,
            "task_id": task_id,
        }
    )


def _serializable(argument: Any) -> Any:
    """An argument of an error as JSON values; in words where it has none, or Celery would read others back."""
    try:
        text = json.dumps(argument, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = '"__type__"'
    if '"__type__"' not in text:
        return argument
    try:
        return repr(argument)[:LONGEST_MESSAGE]
    except Exception:  # noqa: BLE001 - whatever the error has there, the task has failed
        return f"<{type(argument).__name__}>"
