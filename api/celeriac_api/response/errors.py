"""Every problem that the API can return, as one tree.

    Problem
    ├── MalformedJSON          400
    ├── InvalidHost            400
    ├── Unauthenticated        401
    ├── Forbidden              403
    ├── RouteNotFound          404
    ├── UnknownTaskName        404
    ├── TaskNotFound           404
    ├── UnknownQueue           404
    ├── KeyNotFound            404
    ├── ScheduleNotFound       404
    ├── LimitNotFound          404
    ├── BatchNotFound          404
    ├── EndpointNotFound       404
    ├── DeliveryNotFound       404
    ├── MethodNotAllowed       405
    ├── TaskNotSucceeded       409
    ├── TaskEnded              409
    ├── TaskNotEnded           409
    ├── TaskIdTaken            409
    ├── NotUnique              409
    ├── BatchNotEnded          409
    ├── BatchEnded             409
    ├── BatchComplete          409
    ├── ConcurrencyLimit       409
    ├── KeyExists              409
    ├── KeyInFile              409
    ├── TooManySchedules       409
    ├── TooManyEndpoints       409
    ├── DeliveryNotEnded       409
    ├── ScheduleDeclared       409
    ├── ResultGone             410
    ├── TaskGone               410
    ├── BatchGone              410
    ├── BodyTooLarge           413
    ├── FileSpaceUsedUp        413
    ├── TargetTooLong          414
    ├── UnsupportedMediaType   415
    ├── InvalidInput           422
    ├── DependencyNotFound     422
    ├── IdempotencyConflict    422
    ├── LimitReached           429
    ├── HeadersTooLarge        431
    ├── InternalError          500
    ├── RedisUnavailable       503
    ├── RedisRefuses           503
    ├── RedisUnsafe            503
    ├── QueueFull              503
    ├── ProviderUnavailable    503
    └── SubmissionInDoubt      503

Each is answered as `application/problem+json` (RFC 9457) by api/celeriac_api/response/problems.py; docs/reference/errors.md lists them for callers.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class Problem(Exception):
    """A refused request. `detail` describes what happened, with the value, and what to do; `members` are extra members of the answer."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        """`headers` go out with the answer."""
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    @property
    def type(self) -> str:
        """The stable identifier that programs compare."""
        return f"urn:celeriac:problem:{self.code}"


class MalformedJSON(Problem):
    """The body is not the JSON that RFC 8259 describes."""

    status, code, title = 400, "malformed-json", "The body is not valid JSON"


class MalformedForm(Problem):
    """The body is not the multipart/form-data that RFC 7578 describes."""

    status, code, title = 400, "malformed-form", "The body is not valid multipart/form-data"


class InvalidHost(Problem):
    """The request has no header `Host`, or several."""

    status, code, title = 400, "invalid-host", "The request does not name one host"


class Unauthenticated(Problem):
    """The request has no valid key, and needs one."""

    status, code, title = 401, "unauthenticated", "The request has no valid key"


class Forbidden(Problem):
    """The key is valid, and lacks a scope."""

    status, code, title = 403, "forbidden", "The key does not allow this"


class RouteNotFound(Problem):
    """Nothing is served at this path."""

    status, code, title = 404, "route-not-found", "Nothing is served at this path"


class UnknownTaskName(Problem):
    """No task of this name is in the catalog."""

    status, code, title = 404, "unknown-task-name", "No task has this name"


class TaskNotFound(Problem):
    """The id was never accepted here, or its record has expired."""

    status, code, title = 404, "task-not-found", "No task has this id"


class UnknownQueue(Problem):
    """The catalog does not use this queue, and no task was ever accepted on it."""

    status, code, title = 404, "unknown-queue", "No queue has this name"


class KeyNotFound(Problem):
    """No key has this name."""

    status, code, title = 404, "key-not-found", "No key has this name"


class ScheduleNotFound(Problem):
    """The owner of the key has no schedule of this name."""

    status, code, title = 404, "schedule-not-found", "No schedule has this name"


class BatchNotFound(Problem):
    """The id was never that of a batch of this caller, or the batch was forgotten long ago."""

    status, code, title = 404, "batch-not-found", "No batch has this id"


class EndpointNotFound(Problem):
    """The owner of the key has no endpoint of this name."""

    status, code, title = 404, "endpoint-not-found", "No endpoint has this name"


class DeliveryNotFound(Problem):
    """There never was a delivery with this id, or its record has expired."""

    status, code, title = 404, "delivery-not-found", "No delivery has this id"


class LimitNotFound(Problem):
    """Nothing is known of a key, or nothing was set for it."""

    status, code, title = 404, "limit-not-found", "Nothing is known of this key"


class MethodNotAllowed(Problem):
    """The path exists, but not with this method."""

    status, code, title = 405, "method-not-allowed", "The method is not allowed here"


class NotAcceptable(Problem):
    """The result is not of a type that the header `Accept` names."""

    status, code, title = 406, "not-acceptable", "The result has another type"


class TaskNotSucceeded(Problem):
    """The client asked for the result of a task that ended without one."""

    status, code, title = 409, "task-not-succeeded", "The task ended without a result"


class TaskEnded(Problem):
    """The client asked to cancel a task that had already ended."""

    status, code, title = 409, "task-ended", "The task has ended already"


class TaskNotEnded(Problem):
    """The request needs a task that has ended; this one has not."""

    status, code, title = 409, "task-not-ended", "The task has not ended yet"


class TaskIdTaken(Problem):
    """A task was to be submitted under an id that another owner's task has."""

    status, code, title = 409, "task-id-taken", "The id belongs to another task"


class NotUnique(Problem):
    """Another task has the unique key, and the submission refuses to be accepted then."""

    status, code, title = 409, "not-unique", "Another task has the unique key"


class BatchNotEnded(Problem):
    """The request needs a batch that is ready; this one is not."""

    status, code, title = 409, "batch-not-ended", "The batch has not ended yet"


class BatchEnded(Problem):
    """The client asked to cancel a batch that had already ended."""

    status, code, title = 409, "batch-ended", "The batch has ended already"


class BatchComplete(Problem):
    """An item was to be added to a batch that takes no more."""

    status, code, title = 409, "batch-complete", "The batch takes no more items"


class ConcurrencyLimit(Problem):
    """As many tasks of a key are queued or run as may, and the submission refuses to wait."""

    status, code, title = 409, "concurrency-limit", "As many tasks of the key run as may"


class KeyExists(Problem):
    """The request creates a key under a name that is taken."""

    status, code, title = 409, "key-exists", "A key has this name already"


class KeyInFile(Problem):
    """The request changes a key that is in the file of keys."""

    status, code, title = 409, "key-in-file", "The key is in a file"


class TooManySchedules(Problem):
    """The owner has as many schedules as `CELERIAC_MAX_SCHEDULES` allows."""

    status, code, title = 409, "too-many-schedules", "The owner has too many schedules"


class TooManyEndpoints(Problem):
    """The owner has as many endpoints as are possible."""

    status, code, title = 409, "too-many-endpoints", "The owner has too many endpoints"


class DeliveryNotEnded(Problem):
    """The request needs a delivery that has ended; this one has not."""

    status, code, title = 409, "delivery-not-ended", "The delivery has not ended yet"


class ScheduleDeclared(Problem):
    """The schedule comes from a declaration, so it is not put or deleted over HTTP."""

    status, code, title = 409, "schedule-declared", "The schedule is declared with its task"


class ResultGone(Problem):
    """The task succeeded, but another Celery program deleted its result."""

    status, code, title = 410, "result-gone", "The result is gone"


class TaskGone(Problem):
    """A task had this id; its record is forgotten."""

    status, code, title = 410, "task-gone", "The task is forgotten"


class BatchGone(Problem):
    """A batch had this id; it is forgotten."""

    status, code, title = 410, "batch-gone", "The batch is forgotten"


class BodyTooLarge(Problem):
    """The body is larger than `CELERIAC_MAX_BODY_BYTES`."""

    status, code, title = 413, "body-too-large", "The body is too large"


class FileSpaceUsedUp(Problem):
    """The owner's files leave no room for those of the request."""

    status, code, title = 413, "file-space-used-up", "The owner's files leave no room"


class TargetTooLong(Problem):
    """The path and query are longer than the limit."""

    status, code, title = 414, "target-too-long", "The address is too long"


class UnsupportedMediaType(Problem):
    """The content type is not JSON, or the body is encoded."""

    status, code, title = 415, "unsupported-media-type", "The body must be JSON"


class RangeNotSatisfiable(Problem):
    """The file has no byte in the range of the header `Range`."""

    status, code, title = 416, "range-not-satisfiable", "The file is shorter"


class InvalidInput(Problem):
    """The request is well-formed, but its values are not valid. `errors` holds a JSON pointer (RFC 6901) for each."""

    status, code, title = 422, "invalid-input", "The input is not valid"


class DependencyNotFound(Problem):
    """A task was to run after one that is unknown or forgotten."""

    status, code, title = 422, "dependency-not-found", "No task has an id of `after`"


class IdempotencyConflict(Problem):
    """The key, or the id, belongs to another submission."""

    status, code, title = 422, "idempotency-conflict", "The key belongs to another submission"


class LimitReached(Problem):
    """The key, or its owner, has used up what a limit allows. `limit` names it."""

    status, code, title = 429, "limit-reached", "A limit is reached"


class HeadersTooLarge(Problem):
    """The headers are larger than the limit."""

    status, code, title = 431, "headers-too-large", "The headers are too large"


class InternalError(Problem):
    """The server failed. Its log contains the traceback under the request id."""

    status, code, title = 500, "internal-error", "The server failed"


class RedisUnavailable(Problem):
    """Redis does not answer."""

    status, code, title = 503, "redis-unavailable", "Redis does not answer"


class RedisRefuses(Problem):
    """Redis answers, but refuses the command for now: nothing was done."""

    status, code, title = 503, "redis-refuses", "Redis refuses this for now"


class RedisUnsafe(Problem):
    """Redis answers, but can lose accepted tasks."""

    status, code, title = 503, "redis-unsafe", "Redis can lose tasks"


class FilesUnavailable(Problem):
    """The store of files does not answer, or refuses."""

    status, code, title = 503, "files-unavailable", "Files cannot be read or written"


class QueueFull(Problem):
    """As many tasks wait in the queue as `CELERIAC_MAX_QUEUE_DEPTH` allows."""

    status, code, title = 503, "queue-full", "The queue is full"


class ProviderUnavailable(Problem):
    """The keys of the identity provider cannot be read, and a token needs them."""

    status, code, title = 503, "provider-unavailable", "The identity provider does not answer"


class SubmissionInDoubt(Problem):
    """The submission was sent to Redis, and Redis did not answer: the task may or may not have been accepted."""

    status, code, title = 503, "submission-in-doubt", "It is unknown whether the task was accepted"
