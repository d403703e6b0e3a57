"""Configures the log of a loop process: its lines name their task."""

import io
import logging
import sys
from collections.abc import Mapping

from celeriac.settings import LogFormat
from celeriac.telemetry.logs import dress
from celeriac.telemetry.prints import log_prints
from celeriac_worker.loop.runs.run import current


def set_up(log_format: LogFormat, log_level: str) -> None:
    """Called once, before the tasks are loaded; in JSON, what they print is JSON, too."""
    if log_format is LogFormat.JSON:
        log_prints(_facts)
    elif isinstance(sys.stdout, io.TextIOWrapper):  # what a task prints is seen now, not after some kilobytes
        sys.stdout.reconfigure(line_buffering=True)
    handler = logging.StreamHandler(sys.__stderr__)
    dress([handler], log_format, _facts)
    logging.basicConfig(level=log_level, handlers=[handler])


def _facts(_: logging.LogRecord) -> Mapping[str, str]:
    run = current.get()
    if run is None:
        return {}
    facts = {"task_id": run.task_id, "task_name": run.delivery.name}
    trace = run.delivery.trace
    return facts | ({"trace_id": trace.trace_id} if trace else {})
