"""Decides what follows an error of a task: another attempt, or its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac_worker.run.failure import InvalidInput
from celeriac_worker.run.outcome import Cancelled, Failed, PutOff


class Attempt(NamedTuple):
    """What one attempt must know: its number, its limits, and whether somebody has asked for the end of the task.

    A task that is not from the API runs as Celery's own do: nobody retries it.
    """

    number: int
    soft_limit_seconds: float | None
    max_result_bytes: int
    is_from_api: bool
    is_cancelled: Callable[[], bool]


def after_error(
    error: Exception, implementation: Implementation, attempt: Attempt
) -> Failed | PutOff | Cancelled:
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
