"""Describes in words how a task failed."""

import re

from pydantic import ValidationError

from celeriac.ledger.model.task import Failure
from celeriac.values.short_text import shortened

# Of Celery's document of a failure; in a longer one, message and traceback are cut.
LONGEST_FAILURE = 65_536


class InvalidInput(Exception):
    """The input in the message is not valid for the task's parameters."""


class OutOfMemory(Exception):
    """The function raised MemoryError, which would have ended Celery's main process.

    To report to Celery: only the process of the pool has to end.
    """


class Exited(Exception):
    """The function tried to end its process, or raised one of Celery's own control exceptions."""


def failure_of(error: BaseException) -> Failure:
    """Type and message of any exception."""
    try:
        # Celery's own text of it is the code that would make it.
        is_soft_limit = type(error).__name__ == "SoftTimeLimitExceeded" and error.args
        message = str(error.args[0] if is_soft_limit else error)
    except Exception:  # noqa: BLE001 - an exception whose own text cannot be made is still a failure to report
        message = "(the exception could not be turned into text)"
    printable = shortened(message).encode("utf-8", "backslashreplace").decode()
    return Failure(type(error).__name__, printable)


def invalid_input_sentence(wrong: ValidationError) -> str:
    """The arguments that are not valid, with the reasons."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'input'}: {error['msg']}" for error in wrong.errors()
    )


def unknown_task_sentence(name: str) -> str:
    """Why a task that this worker does not know fails, and what to do."""
    label = repr(name[:100])
    return (
        f"this worker does not know the task {label}: its definition was renamed or removed after the task was accepted, or "
        f"CELERIAC_TASKS differs between the worker and the API. Restore the definition, with @task(name={label}) if only the "
        "function was renamed, and retry the task"
    )


def overrun_sentence(seconds: object) -> str:
    """Why a task fails that did not end within its time limit."""
    return f"the task ran longer than its time limit of {seconds} s and was ended"


def loss_sentence(error: BaseException) -> str:
    """What became of the process: "Worker exited prematurely: signal 9 (SIGKILL)"."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return re.sub(r"[^\w .:,()-]", "", text).partition(" Job:")[0].rstrip(". ")
