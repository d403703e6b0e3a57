"""Why a due time has no task, as a problem of the API says it."""

from pydantic import ValidationError

from celeriac.ledger.model.submission import IdTaken, NoSlot, NotUnique, UnknownDependency
from celeriac.ledger.model.submitter import LimitExceeded, QueueFull
from celeriac.schedules.known_definitions import UnknownDefinition

# What may pass: it is tried again until the due time counts as missed.
PASSING = (LimitExceeded, QueueFull)
_TYPE = "urn:celeriac:problem:"
LONGEST = 300
_FAULT = "internal-error"


def reason_of(error: Exception) -> tuple[str, str]:
    """The type of the problem, and a sentence."""
    code, sentence = _reason(error)
    return _TYPE + code, sentence[:LONGEST]


def is_fault(error: Exception) -> bool:
    """Whether it is no refusal, but a mistake, whose traceback belongs into the log."""
    return _reason(error)[0] == _FAULT


def _reason(error: Exception) -> tuple[str, str]:
    match error:
        case UnknownDefinition():
            reason = "unknown-task-name", f"No process that runs now has a task with the name {str(error)!r}."
        case ValidationError():
            reason = "invalid-input", f"The definition does not accept the input any more: {_first(error)}."
        case LimitExceeded():
            reason = "limit-reached", f"The limit {error.limit} of the key or its owner is reached."
        case QueueFull():
            sentence = f"As many tasks wait in queue {error.queue!r} as may (CELERIAC_MAX_QUEUE_DEPTH)."
            reason = "queue-full", sentence
        case UnknownDependency():
            reason = "dependency-not-found", f"`after` has the id {error}, and no task has it any more."
        case NotUnique():
            reason = "not-unique", f"Task {error.args[0]} has the unique key."
        case NoSlot():
            reason = (
                "concurrency-limit",
                f"As many tasks of the key {error.args[0]!r} are queued or run as may.",
            )
        case IdTaken():
            reason = "task-id-taken", f"The id {error} belongs to another task."
        case _:
            reason = _FAULT, f"The submission failed: {type(error).__name__}."
    return reason


def _first(wrong: ValidationError) -> str:
    """Where the first wrong value is, and what is wrong with it; not the value, which can be secret."""
    first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{''.join(f'/{step}' for step in first['loc'])} {first['msg']}"
