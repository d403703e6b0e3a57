"""Everything that can go wrong in the client, as one tree.

CeleriacError
├── Problem                     the API refused a request; one class for each type of docs/reference/errors.md
│   ├── BadRequest              400: MalformedJSON, InvalidHost
│   ├── Unauthorized            401
│   ├── Forbidden               403
│   ├── NotFound                404: RouteNotFound, UnknownTaskName, TaskNotFound, UnknownQueue, KeyNotFound, ScheduleNotFound
│   ├── MethodNotAllowed        405
│   ├── Conflict                409: TaskNotSucceeded, TaskEnded, TaskNotEnded, TaskIdTaken, KeyExists, KeyInFile
│   ├── Gone                    410: TaskGone, ResultGone
│   ├── TooLarge                413, 414, 431: BodyTooLarge, TargetTooLong, HeadersTooLarge
│   ├── UnsupportedMediaType    415
│   ├── InvalidInput            422, with the place of each wrong value
│   ├── DependencyNotFound      422
│   ├── IdempotencyConflict     422
│   ├── RateLimited             429
│   ├── InternalError           500
│   └── Unavailable             503: RedisUnavailable, RedisRefuses, RedisUnsafe, QueueFull, ProviderUnavailable
│       └── InDoubt             the task may or may not have been accepted
├── Unreachable                 no connection to the API
│   └── ConnectionLost          the request was sent, but no answer came
├── UnexpectedAnswer            the answer is not one of Celeriac
├── InputNotJSON                a value of the input has no form in JSON, or its file cannot be read
├── TimedOut                    the time for the call is over; its task goes on
└── TaskNotSuccessful           the task ended without a result
    ├── TaskFailed
    ├── TaskCancelled
    └── TaskExpired
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from celeriac.client.wrong_value import WrongValue

PREFIX = "urn:celeriac:problem:"


class CeleriacError(Exception):
    """An error of the client. Its text is for people."""

    def __init__(self, message: str, **members: Any) -> None:
        """The members become attributes, and stay with the error when it is pickled."""
        super().__init__(message)
        self.message = message
        self.__dict__.update(members)

    def __reduce__(self) -> Any:
        return _remade, (type(self), dict(self.__dict__))

    def __str__(self) -> str:
        return self.message


class Problem(CeleriacError):
    """The API refused a request (RFC 9457)."""

    #: The types of docs/reference/errors.md that are this class; None: no problem document came with this status.
    types: ClassVar[tuple[str, ...]] = ()

    status: int
    #: Without its prefix `urn:celeriac:problem:`; None if a proxy refused the request.
    type: str | None
    title: str
    detail: str
    #: The same id is in the log of the API.
    request_id: str | None
    #: The whole problem document.
    problem: Mapping[str, Any]
    #: How many seconds the API asks to wait.
    retry_after: float | None

    @property
    def task_id(self) -> str | None:
        """The task that the problem is about; None if it is about none."""
        return _text(self.problem.get("task_id"))

    def pause(self, otherwise: float) -> float:
        """How long to wait before the next attempt; `otherwise` if the API does not say, and in addition."""
        return otherwise if self.retry_after is None else self.retry_after + otherwise


class BadRequest(Problem):
    """400: the request is not well-formed."""


class MalformedJSON(BadRequest):
    """The body is not strict JSON."""

    types = ("malformed-json",)


class InvalidHost(BadRequest):
    """The request has no `Host` header, or several."""

    types = ("invalid-host",)


class Unauthorized(Problem):
    """401: the key is missing, mistyped, unknown, revoked or expired."""

    types = ("unauthenticated",)


class Forbidden(Problem):
    """403: the key lacks a scope."""

    types = ("forbidden",)

    @property
    def scope(self) -> str | None:
        """The scope that the key lacks."""
        return _text(self.problem.get("scope"))


class NotFound(Problem):
    """404: there is no such thing."""


class RouteNotFound(NotFound):
    """Nothing is served at this path, for example because no task has this name."""

    types = ("route-not-found",)


class UnknownTaskName(NotFound):
    """No task definition has this name."""

    types = ("unknown-task-name",)


class TaskNotFound(NotFound):
    """No task has this id, or it belongs to another owner."""

    types = ("task-not-found",)


class UnknownQueue(NotFound):
    """No queue has this name."""

    types = ("unknown-queue",)


class KeyNotFound(NotFound):
    """No key has this name."""

    types = ("key-not-found",)


class ScheduleNotFound(NotFound):
    """The owner of the key has no schedule of this name."""

    types = ("schedule-not-found",)


class MethodNotAllowed(Problem):
    """405: the path exists, but not with this method."""

    types = ("method-not-allowed",)


class Conflict(Problem):
    """409: the state of the task or key does not allow this."""

    @property
    def state(self) -> str | None:
        """The state of that task."""
        return _text(self.problem.get("state"))


class TaskNotSucceeded(Conflict):
    """The task ended without a result."""

    types = ("task-not-succeeded",)


class TaskEnded(Conflict):
    """The task has already ended."""

    types = ("task-ended",)


class TaskNotEnded(Conflict):
    """The task has not ended yet."""

    types = ("task-not-ended",)


class TaskIdTaken(Conflict):
    """The id belongs to a task of another owner."""

    types = ("task-id-taken",)


class KeyExists(Conflict):
    """Another key has this name."""

    types = ("key-exists",)


class KeyInFile(Conflict):
    """The key is in the file of the API, which only an administrator changes."""

    types = ("key-in-file",)


class Gone(Problem):
    """410: it was there, and is not any more."""


class TaskGone(Gone):
    """The task is forgotten."""

    types = ("task-gone",)


class ResultGone(Gone):
    """The task succeeded, but another program deleted its result."""

    types = ("result-gone",)


class TooLarge(Problem):
    """413, 414, 431: a part of the request is too large."""


class BodyTooLarge(TooLarge):
    """The input is larger than the API allows."""

    types = ("body-too-large",)


class TargetTooLong(TooLarge):
    """Path and query together are too long."""

    types = ("target-too-long",)


class HeadersTooLarge(TooLarge):
    """All headers together are too large."""

    types = ("headers-too-large",)


class UnsupportedMediaType(Problem):
    """415: the body is not JSON."""

    types = ("unsupported-media-type",)


class InvalidInput(Problem):
    """422: values of the input or of an option are not valid; `errors` lists them."""

    types = ("invalid-input",)

    @property
    def errors(self) -> list[WrongValue]:
        """At most 20 of the wrong values; none if no single value is the cause."""
        listed = self.problem.get("errors")
        entries = listed if isinstance(listed, list) else []
        return [
            WrongValue(str(entry.get("pointer", "")), str(entry.get("detail", "")))
            for entry in entries
            if isinstance(entry, dict)
        ]


class DependencyNotFound(Problem):
    """422: a task was to run `after` one that is unknown or forgotten."""

    types = ("dependency-not-found",)


class IdempotencyConflict(Problem):
    """422: the idempotency key, or the id, belongs to another submission, that of `task_id`."""

    types = ("idempotency-conflict",)


class RateLimited(Problem):
    """429: the key, or its owner, has used up what a limit allows."""

    types = ("limit-reached",)

    @property
    def limit(self) -> str | None:
        """The name of the limit, such as `key-rate` or `owner-unfinished`."""
        return _text(self.problem.get("limit"))


class InternalError(Problem):
    """500: the API failed; its log has more about the request id."""

    types = ("internal-error",)


class Unavailable(Problem):
    """502, 503, 504: the API cannot do this now."""


class RedisUnavailable(Unavailable):
    """The API does not reach Redis."""

    types = ("redis-unavailable",)


class RedisRefuses(Unavailable):
    """Redis refuses to write, for example because its memory is full."""

    types = ("redis-refuses",)


class RedisUnsafe(Unavailable):
    """Redis can lose data: it evicts keys, or keeps no append-only file."""

    types = ("redis-unsafe",)


class QueueFull(Unavailable):
    """As many tasks wait in the queue as it may hold."""

    types = ("queue-full",)


class ProviderUnavailable(Unavailable):
    """The API could not read the keys of the identity provider."""

    types = ("provider-unavailable",)


class InDoubt(Unavailable):
    """The task may or may not have been accepted: `client.get(error.task_id)` tells, with `NotFound` if not."""

    types = ("submission-in-doubt",)


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


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _remade(error_class: type[CeleriacError], members: dict[str, Any]) -> CeleriacError:
    return error_class(**members)
