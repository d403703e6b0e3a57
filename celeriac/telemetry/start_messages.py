"""Reports why a service cannot start, and warns about mistakes in task files."""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable
from typing import NoReturn

from celeriac.settings import PREFIX, LogFormat
from celeriac.telemetry.logs import formatter

WRONG_START = 2


def refuse_start(service: str, reason: Exception) -> NoReturn:
    """End this process, with exit code 2 and the reason on standard error; as JSON where the log is JSON."""
    words = f"The {service} cannot start.\n{reason}"
    if os.environ.get(PREFIX + "LOG_FORMAT") == LogFormat.JSON:
        line = logging.LogRecord(service.lower(), logging.CRITICAL, __file__, 0, words, None, None)
        words = formatter(LogFormat.JSON).format(line)
    (sys.__stderr__ or sys.stderr).write(words + "\n")
    _stop_who_would_start_us_again()
    sys.exit(WRONG_START)


def mention_files_without_tasks(logger: logging.Logger, files: Iterable[str]) -> None:
    """Log a line for each of these files, which declare no task."""
    for file in files:
        logger.warning(
            "%s declares no task: put @task above a function, or begin the file's name with _", file
        )


def _stop_who_would_start_us_again() -> None:
    """The parent of `uvicorn --workers` starts whatever ends anew, for ever; what is wrong now will be wrong then, too."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        os.kill(parent.pid, signal.SIGTERM)
