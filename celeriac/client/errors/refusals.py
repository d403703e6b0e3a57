"""A class for each type of problem with which the API refuses a request."""

from celeriac.client.errors.problem import Problem, text
from celeriac.client.wrong_value import WrongValue


class BadRequest(Problem):
    """400: the request is not well-formed."""


class MalformedJSON(BadRequest):
    """The body is not strict JSON."""

    types = ("malformed-json",)


class MalformedForm(BadRequest):
    """The body is not valid multipart/form-data."""

    types = ("malformed-form",)


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
        return text(self.problem.get("scope"))


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


class EndpointNotFound(NotFound):
    """The owner of the key has no endpoint of this name."""

    types = ("endpoint-not-found",)


class DeliveryNotFound(NotFound):
    """There was no delivery with this id, or its record expired."""

    types = ("delivery-not-found",)


class BatchNotFound(NotFound):
    """No batch has this id, or it belongs to another owner."""

    types = ("batch-not-found",)


class LimitNotFound(NotFound):
    """No task has this key, and no rules are set for it."""

    types = ("limit-not-found",)


class MethodNotAllowed(Problem):
    """405: the path exists, but not with this method."""

    types = ("method-not-allowed",)


class NotAcceptable(Problem):
    """406: the result is not of a type that was asked for."""

    types = ("not-acceptable",)


class Conflict(Problem):
    """409: the state of the task or key does not allow this."""

    @property
    def state(self) -> str | None:
        """The state of that task."""
        return text(self.problem.get("state"))


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


class NotUnique(Conflict):
    """Another task, that of `task_id`, has the unique key."""

    types = ("not-unique",)

    @property
    def key(self) -> str | None:
        """The text of the key."""
        return text(self.problem.get("key"))


class BatchNotEnded(Conflict):
    """The batch has not ended yet."""

    types = ("batch-not-ended",)


class BatchEnded(Conflict):
    """The batch has already ended."""

    types = ("batch-ended",)


class BatchComplete(Conflict):
    """The batch takes no more items."""

    types = ("batch-complete",)


class ConcurrencyLimit(Conflict):
    """As many tasks of a key are queued or run as may."""

    types = ("concurrency-limit",)

    @property
    def key(self) -> str | None:
        """The text of the key."""
        return text(self.problem.get("key"))


class KeyExists(Conflict):
    """Another key has this name."""

    types = ("key-exists",)


class KeyInFile(Conflict):
    """The key is in the file of the API, which only an administrator changes."""

    types = ("key-in-file",)


class ScheduleDeclared(Conflict):
    """The schedule is declared with its task, and changes with it."""

    types = ("schedule-declared",)


class TooManySchedules(Conflict):
    """The owner has as many schedules as it may."""

    types = ("too-many-schedules",)


class TooManyEndpoints(Conflict):
    """The owner has as many endpoints as are possible."""

    types = ("too-many-endpoints",)


class DeliveryNotEnded(Conflict):
    """The delivery has not ended yet."""

    types = ("delivery-not-ended",)


class Gone(Problem):
    """410: it was there, and is not any more."""


class TaskGone(Gone):
    """The task is forgotten."""

    types = ("task-gone",)


class BatchGone(Gone):
    """The batch is forgotten."""

    types = ("batch-gone",)


class ResultGone(Gone):
    """The task succeeded, but another program deleted its result."""

    types = ("result-gone",)


class TooLarge(Problem):
    """413, 414, 431: a part of the request is too large."""


class BodyTooLarge(TooLarge):
    """The input is larger than the API allows."""

    types = ("body-too-large",)


class FileSpaceUsedUp(TooLarge):
    """The files of the owner's tasks leave no room for those of the request."""

    types = ("file-space-used-up",)


class TargetTooLong(TooLarge):
    """Path and query together are too long."""

    types = ("target-too-long",)


class HeadersTooLarge(TooLarge):
    """All headers together are too large."""

    types = ("headers-too-large",)


class UnsupportedMediaType(Problem):
    """415: the body is not JSON."""

    types = ("unsupported-media-type",)


class RangeNotSatisfiable(Problem):
    """416: the file is shorter than the range that was asked for."""

    types = ("range-not-satisfiable",)


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
        return text(self.problem.get("limit"))


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


class FilesUnavailable(Unavailable):
    """The store of files does not answer, or refuses."""

    types = ("files-unavailable",)


class QueueFull(Unavailable):
    """As many tasks wait in the queue as it may hold."""

    types = ("queue-full",)


class ProviderUnavailable(Unavailable):
    """The API could not read the keys of the identity provider."""

    types = ("provider-unavailable",)


class InDoubt(Unavailable):
    """The task may or may not have been accepted: `client.get(error.task_id)` tells, with `NotFound` if not."""

    types = ("submission-in-doubt",)
