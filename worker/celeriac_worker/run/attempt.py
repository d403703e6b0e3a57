"""Calls a task's function once, and decides what its end means.

Nothing here knows Redis: `celeriac.testing.run_task` runs the same code without a worker.
"""

import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from billiard.common import terminate_handler_fired
from celery.exceptions import SoftTimeLimitExceeded, TaskPredicate
from pydantic import ValidationError

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac_worker.run.failure import Exited, InvalidInput, OutOfMemory, invalid_input_sentence
from celeriac_worker.run.outcome import Cancelled, Failed, PutOff, Returned, Succeeded
from celeriac_worker.run.result import json_values

LONGEST_IN_MESSAGE = 1_000


class Attempt(NamedTuple):
    """What one attempt must know: its number, its limits, and whether somebody has asked for the end of the task.

    A task that is not from the API runs as Celery's own do: nobody retries it.
    """

    number: int
    soft_limit_seconds: float | None
    max_result_bytes: int
    is_from_api: bool
    is_cancelled: Callable[[], bool]


def run_attempt(
    implementation: Implementation, attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Succeeded | Returned | Failed | PutOff | Cancelled:
    """Run the function with this input, and name the outcome. `context.begin` was called before."""
    try:
        return _run_and_tell(implementation, attempt, args, kwargs)
    except Exception as error:  # noqa: BLE001 - it is handed on
        return _after(error, implementation, attempt)


def _run_and_tell(
    implementation: Implementation, attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Succeeded | Returned:
    """The last that a task says of itself goes out before its end does."""
    try:
        return _called(implementation, attempt, args, kwargs)
    finally:
        context.end()


def _called(
    implementation: Implementation, attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Succeeded | Returned:
    arguments = _checked_arguments(implementation, attempt, args, kwargs)
    try:
        value = _returned(implementation.function, attempt, arguments)
    except BaseException:
        if not terminate_handler_fired():
            raise
        # Its process was told to end; what the task makes of that, by a `finally` that fails, say, does not count.
        return Returned()
    return Succeeded(json_values(value, implementation.output, most_bytes=attempt.max_result_bytes))


def _returned(function: Callable[..., Any], attempt: Attempt, arguments: dict[str, Any]) -> object:
    try:
        return function(**arguments)
    except SoftTimeLimitExceeded as late:
        raise SoftTimeLimitExceeded(
            f"the task ran longer than its soft time limit of {attempt.soft_limit_seconds} s"
        ) from late
    except MemoryError as full:
        raise OutOfMemory(str(full) or "the task ran out of memory") from full
    except (SystemExit, KeyboardInterrupt, TaskPredicate) as way_out:
        raise Exited(
            f"the task raised {type(way_out).__name__}({way_out}): return or raise an error instead"
        ) from way_out


def _checked_arguments(
    implementation: Implementation, attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The function's arguments in their real types. The API has validated its own by the same rules."""
    try:
        return _arguments(implementation, args, kwargs)
    except InvalidInput as wrong:
        if not attempt.is_from_api:
            raise
        raise InvalidInput(
            f"{str(wrong)[:LONGEST_IN_MESSAGE]}. The definition of {implementation.definition.celery_name!r} changed after the "
            "task was accepted, or differs between the API and this worker: submit the task again with a valid input"
        ) from None


def _arguments(
    implementation: Implementation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The function's arguments in their real types, by the same rules as at the API's door."""
    try:
        keywords = (
            inspect.signature(implementation.function).bind_partial(*args, **kwargs).arguments
            if args
            else kwargs
        )
        model = implementation.input_model.model_validate_json(json.dumps(keywords), strict=True)
    except ValidationError as wrong:
        raise InvalidInput(invalid_input_sentence(wrong)) from None
    except (TypeError, ValueError) as wrong:
        raise InvalidInput(str(wrong)) from wrong
    return dict(model.__dict__)


def _after(error: Exception, implementation: Implementation, attempt: Attempt) -> Failed | PutOff | Cancelled:
    """What an error comes to."""
    if isinstance(error, context.Cancelled) and attempt.is_cancelled():
        return Cancelled(error)
    delay = _delay(error, implementation, attempt)
    return Failed(error) if delay is None else PutOff(error, attempt.number, delay)


def _delay(error: Exception, implementation: Implementation, attempt: Attempt) -> timedelta | None:
    policy = implementation.retry
    if policy is None or not attempt.is_from_api or isinstance(error, InvalidInput | context.Cancelled):
        return None
    return policy.delay(error, attempt.number)
