"""Configures the worker's log: lines name their task and contain no payload.

To report to Celery: the log line of a success ends in the result, and no setting leaves that out.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from celery import signals
from celery._state import get_current_task
from celery.utils.log import get_multiprocessing_logger
from celery.worker.consumer.consumer import CONNECTION_RETRY

from celeriac.ledger.model.trace import parsed_trace
from celeriac.settings import LogFormat
from celeriac.telemetry.logs import dress
from celeriac.telemetry.prints import log_prints


class WithoutResult(logging.Filter):
    """Celery's line for a success ends in the result; ours does not."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the result off; every line passes."""
        record.msg = str(record.msg).removesuffix(": %(return_value)s")
        return True


class LessOfConnections(logging.Filter):
    """Makes a lost connection less than a warning: celeriac/ledger/store/outage.py warns when Redis is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every line passes, this one as information."""
        if CONNECTION_RETRY in (record.args or ()):
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


def take_prints(log_format: LogFormat) -> None:
    """Called before the tasks are loaded: in JSON, what they print is JSON, too."""
    if log_format is LogFormat.JSON:
        log_prints(_facts)
        signals.task_postrun.connect(lambda **_: sys.stdout.flush(), weak=False)


def set_up(log_format: LogFormat) -> None:
    """Called once, before the worker starts. Celery opens the log; Celeriac formats its lines."""
    logging.getLogger("celery.app.trace").addFilter(WithoutResult())
    logging.getLogger("celery.worker.consumer.consumer").addFilter(LessOfConnections())

    def dress_all(logger: logging.Logger, **_: Any) -> None:
        dress(logger.handlers, log_format, _facts)

    def dress_pool(**_: Any) -> None:
        dress(get_multiprocessing_logger().handlers, log_format, _facts)

    def leave_banner_out(instance: Any, **_: Any) -> None:
        instance.quiet = True

    signals.after_setup_logger.connect(dress_all, weak=False)
    signals.after_setup_logger.connect(dress_pool, weak=False)
    signals.after_setup_task_logger.connect(dress_all, weak=False)
    if log_format is LogFormat.JSON:
        signals.celeryd_init.connect(leave_banner_out, weak=False)


def _facts(record: logging.LogRecord) -> Mapping[str, str]:
    """In a process of the pool, the task that it runs; in the main process, the one that Celery says the line is about."""
    task = get_current_task()
    if task is not None and task.request.id is not None:
        trace = parsed_trace(str(getattr(task.request, "traceparent", "")))
        facts = {"task_id": task.request.id, "task_name": task.name}
        return facts | ({"trace_id": trace.trace_id} if trace else {})
    about = getattr(record, "data", None)
    if isinstance(about, dict) and "id" in about and "name" in about:
        return {"task_id": str(about["id"]), "task_name": str(about["name"])}
    return {}
