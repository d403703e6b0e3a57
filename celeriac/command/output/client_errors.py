"""The lines and the exit code for each error of the client."""

import re

from celeriac.client import errors
from celeriac.client.profiles import ProfileError
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal

# The first class that fits counts.
EXIT_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (errors.Unauthorized, ExitCode.NOT_ALLOWED),
    (errors.Forbidden, ExitCode.NOT_ALLOWED),
    (errors.NotFound, ExitCode.NOT_FOUND),
    (errors.Gone, ExitCode.NOT_FOUND),
    (errors.RateLimited, ExitCode.UNAVAILABLE),
    (errors.Unavailable, ExitCode.UNAVAILABLE),
    (errors.InternalError, ExitCode.UNAVAILABLE),
    (errors.Unreachable, ExitCode.UNAVAILABLE),
    (errors.UnexpectedAnswer, ExitCode.UNAVAILABLE),
    (errors.Conflict, ExitCode.FAILED),
    (errors.IdempotencyConflict, ExitCode.FAILED),
    (errors.Problem, ExitCode.WRONG),
    (errors.InputNotJSON, ExitCode.WRONG),
    (errors.TimedOut, ExitCode.TIMED_OUT),
    (errors.TaskCancelled, ExitCode.CANCELLED),
    (errors.TaskExpired, ExitCode.CANCELLED),
    (errors.TaskNotSuccessful, ExitCode.FAILED),
    (ProfileError, ExitCode.WRONG),
)
UNREACHABLE = re.compile(r"(.*?) \((.*?)\)\.")
# What to do, where the error itself does not say it.
ADVICE: dict[type[Exception], str] = {
    errors.Unauthorized: "Give a key: CELERIAC_KEY, --key -, or celeriac config set NAME --url URL --key -",
    errors.RouteNotFound: "celeriac catalog lists the tasks; celeriac doctor checks the server.",
    errors.UnknownTaskName: "celeriac catalog lists the tasks.",
    errors.TaskNotFound: "celeriac list shows the newest tasks.",
    errors.TaskGone: "celeriac list shows the newest tasks.",
    errors.UnknownQueue: "celeriac queues lists them.",
    errors.BatchNotFound: "celeriac batch list shows the newest batches.",
    errors.BatchGone: "celeriac batch list shows the newest batches.",
    errors.BatchNotEnded: "Wait for its end: celeriac batch wait BATCH",
    errors.LimitNotFound: "celeriac limits list lists the keys in use.",
    errors.Unreachable: "Start a server here (celeriac up), or name another: --url, CELERIAC_URL or --profile.",
    errors.ConnectionLost: "It may have had its effect: look before you repeat it. celeriac doctor checks the server.",
    errors.UnexpectedAnswer: "Check the address: --url, CELERIAC_URL, or celeriac config list.",
    errors.RedisUnsafe: "Restart Redis with the setting, or the API with the variable.",
    errors.Unavailable: "Try again in a moment. celeriac doctor checks the server.",
    errors.InternalError: "Search the log of the server for the request id.",
}


def refusal_of(error: Exception) -> Refusal:
    """What a person reads about this error."""
    what, why = _what(error), _why(error)
    code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), ExitCode.FAILED)
    return Refusal(what, why=why, advice=_advice(error), exit_code=code)


def _what(error: Exception) -> str:
    match error:
        case ProfileError():
            return error.what
        case errors.Problem():
            return f"{error.title or error.message}."
    return _parts_of(error)[0]


def _why(error: Exception) -> str:
    match error:
        case errors.InvalidInput() if error.errors:
            return "\n  ".join(f"{wrong.pointer or 'input'}: {wrong.detail}" for wrong in error.errors)
        case errors.InternalError():
            return f"{error.detail} The request id is {error.request_id}."
        case errors.Problem():
            return error.detail
    return _parts_of(error)[1]


def _parts_of(error: Exception) -> tuple[str, str]:
    """What cannot be reached, and why; advice for programs is left out. Other texts have one part."""
    match = UNREACHABLE.match(str(error)) if isinstance(error, errors.Unreachable) else None
    return (f"{match[1]}.", f"{match[2]}.") if match else (str(error), "")


def _advice(error: Exception) -> str:
    match error:
        case ProfileError():
            return error.advice
        case errors.Forbidden():
            return f"Use a key with the scope {error.scope}." if error.scope else ""
        case errors.InDoubt():
            return f"celeriac get {error.task_id} tells whether it was accepted."
        case errors.TimedOut():
            return _what_goes_on(error)
        case errors.RateLimited() | errors.QueueFull() if error.retry_after is not None:
            return f"Try again in {error.retry_after:g} seconds."
    return next((text for kind, text in ADVICE.items() if type(error) is kind), _of_family(error))


def _what_goes_on(error: errors.TimedOut) -> str:
    """It has the id of what was waited for, and no other one."""
    if task_id := getattr(error, "task_id", None):
        return f"The task goes on: celeriac watch {task_id}"
    batch_id = getattr(error, "batch_id", None)
    return f"The batch goes on: celeriac batch wait {batch_id}" if batch_id else ""


def _of_family(error: Exception) -> str:
    return next((text for kind, text in ADVICE.items() if isinstance(error, kind)), "")
