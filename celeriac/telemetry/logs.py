"""Formats log lines as text or JSON: time, level, logger, message, request, task.

Times are in UTC. Each entry has one line, except tracebacks in text; long values are cut. Fields without a value are left out.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from celeriac.settings import LogFormat
from celeriac.values.short_text import shortened, shortened_traceback

FIELDS = ("request_id", "task_id", "task_name", "trace_id")
# What others attach to their lines: Celery the arguments and the result of a task, uvicorn the message in colours.
KEPT_OUT = ("data", "color_message")

Facts = Callable[[logging.LogRecord], Mapping[str, str]]


def dress(handlers: Iterable[logging.Handler], log_format: LogFormat, facts: Facts) -> None:
    """Make these handlers write such lines, each with the fields that are known at that point."""

    def add_facts(record: logging.LogRecord) -> bool:
        for name, value in facts(record).items():
            record.__dict__.setdefault(name, value)
        return True

    for handler in handlers:
        handler.setFormatter(formatter(log_format))
        handler.addFilter(add_facts)


def formatter(log_format: LogFormat) -> logging.Formatter:
    """The formatter for this format."""
    return _JSON() if log_format is LogFormat.JSON else _Text()


class _Timed(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name in logging
        return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - likewise
        return shortened_traceback(super().formatException(ei))


class _Text(_Timed):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in logging
        record.message = shortened(record.message)
        facts = [f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name)]
        return " ".join([super().formatMessage(record), *facts])


class _JSON(_Timed, JsonFormatter):
    def __init__(self) -> None:
        super().__init__(
            ("asctime", "levelname", "name", "message"),
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            reserved_attrs=[*RESERVED_ATTRS, *KEPT_OUT],
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Whatever is too long is cut; a traceback is already."""
        return {
            name: shortened(value) if isinstance(value, str) and name != "exc_info" else value
            for name, value in log_data.items()
        }
