"""Errors without a refusal: no answer, no result, no time."""

from collections.abc import Mapping
from typing import Any

from celeriac.client.errors.error import CeleriacError


class Unreachable(CeleriacError):
    """The API cannot be reached. The request was not sent."""

    #: Whether another attempt can succeed; not with a wrong certificate.
    can_pass: bool = True


class ConnectionLost(Unreachable):
    """The request was sent, but its answer did not arrive. It may have had its effect."""

    #: If a submission was sent: the same call with this key creates no second task, and tells the id of the first.
    idempotency_key: str | None = None


class UnexpectedAnswer(CeleriacError):
    """The answer is not one that Celeriac gives. The address may be that of another server."""

    status: int


class InputNotJSON(CeleriacError, ValueError):
    """A value of the input has no form in JSON, or its file cannot be read."""


class TimedOut(CeleriacError, TimeoutError):
    """The time for the call is over. The task goes on: `client.task(error.task_id)` is its handle."""

    task_id: str
    #: Where it was a wait for a batch, which then has no `task_id`.
    batch_id: str


class TaskNotSuccessful(CeleriacError):
    """The task ended without a result. `task` is its handle, and `document` is its last document."""

    task_id: str
    task: Any
    document: Mapping[str, Any]


class TaskFailed(TaskNotSuccessful):
    """The function of the task raised an error."""

    #: The name of the class of that error, and its text.
    type: str
    reason: str
    #: From the function on; None if the key may not see it.
    traceback: str | None


class TaskCancelled(TaskNotSuccessful):
    """Somebody cancelled the task."""


class TaskExpired(TaskNotSuccessful):
    """The task did not start in time, and never will."""
