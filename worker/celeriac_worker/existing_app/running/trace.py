"""Claims a task before Celery's tracer runs it, and ends some runs.

The tracer is what a process of the pool calls for each message: around it is outside `__call__`, `before_start`, signals and
whatever instrumentation there is, so a refused message leaves no trace in them.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from billiard.einfo import ExceptionInfo
from celery import states
from celery.app.trace import TraceInfo, trace_ok_t
from celery.exceptions import Ignore

from celeriac.ledger.for_workers import Claim, Granted, Refused
from celeriac.ledger.model.states import from_celery
from celeriac_worker.existing_app.running.outcome import NOTHING, failure_in
from celeriac_worker.existing_app.running.runs import STAMP, TOKEN
from celeriac_worker.existing_app.state import AppLedger, ledger_of

# How Celery's `Task.replace` explains its `Ignore`.
REPLACED = "Replaced by"

logger = logging.getLogger(__name__)

Tracer = Callable[..., Any]


def wrap_tracers(app: Any) -> None:
    """Wrap those of all tasks of an app, which Celery has just made."""
    ledger = ledger_of(app)
    if ledger is None:
        return
    for task in app.tasks.values():
        if not hasattr(task.__trace__, "__wrapped__"):
            task.__trace__ = _wrapped(task, task.__trace__, ledger)


def _wrapped(task: Any, stock: Tracer, ledger: AppLedger) -> Tracer:
    @wraps(stock)
    def trace(uuid: str, args: Any, kwargs: Any, request: dict[str, Any] | None = None) -> Any:
        token = request and request.get(TOKEN)
        if not request or not token:
            return stock(uuid, args, kwargs, request)
        match _claim(ledger, task, uuid, request):
            case Refused(None):  # the record is gone, and Celery runs what it gets
                del request[TOKEN]
                return stock(uuid, args, kwargs, request)
            case Refused(state):
                logger.info("task %s: message dropped, the task is %s", uuid, state)
                return _ignored(f"the task is {state}")
        answer = stock(uuid, args, kwargs, request)
        _settle(ledger, uuid, token, answer)
        return answer

    return trace


def _claim(ledger: AppLedger, task: Any, task_id: str, request: dict[str, Any]) -> Granted | Refused:
    document = NOTHING
    if task.track_started and not _is_ignored(task, request):
        document = task.backend.started_document(task_id, request)
    claim = Claim(
        task_id,
        request[TOKEN],
        request["hostname"],
        document,
        most=None if task.acks_late else 1,
        stamp=request.get(STAMP),
    )
    return ledger.consumer.claim(claim)


def _is_ignored(task: Any, request: dict[str, Any]) -> bool:
    ignored = request.get("ignore_result")
    return bool(task.ignore_result if ignored is None else ignored)


def _ignored(words: str) -> Any:
    """The answer of a tracer whose task has raised `Ignore`: the main process acknowledges the message."""
    try:
        raise Ignore(words)  # noqa: TRY301 - Celery wants it with a traceback
    except Ignore as refusal:
        return trace_ok_t(ExceptionInfo(internal=True), TraceInfo(states.IGNORED, refusal), 0.0, None)


def _settle(ledger: AppLedger, task_id: str, token: str, answer: Any) -> None:
    """Write the end that the result backend has not been asked to store. Of a rejected message, the main process decides."""
    info = answer.info
    state: str = info.state if info else states.SUCCESS
    value: Any = info.retval if info else None
    is_stored = token in ledger.runs.stored
    ledger.runs.stored.discard(token)
    consumer = ledger.consumer
    match state:
        case states.IGNORED:
            consumer.ignored(
                task_id,
                token=token,
                replaced=str(value).startswith(REPLACED),
                document=NOTHING,
            )
        case states.RETRY if not is_stored:
            consumer.retry(
                task_id, token=token, delay=timedelta(), failure=failure_in(value.exc), document=NOTHING
            )
        case states.SUCCESS | states.FAILURE if not is_stored:
            failure = failure_in(value) if state == states.FAILURE else None
            consumer.end(task_id, token=token, state=from_celery(state), failure=failure, document=NOTHING)
