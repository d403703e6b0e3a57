"""Everything that can go wrong in the client, as one tree.

CeleriacError
├── Problem                     the API refused a request; one class for each type of docs/reference/errors.md
│   ├── BadRequest              400: MalformedJSON, MalformedForm, InvalidHost
│   ├── Unauthorized            401
│   ├── Forbidden               403
│   ├── NotFound                404: RouteNotFound, UnknownTaskName, TaskNotFound, UnknownQueue, KeyNotFound, ScheduleNotFound,
│   │                           BatchNotFound, EndpointNotFound, DeliveryNotFound, LimitNotFound
│   ├── MethodNotAllowed        405
│   ├── NotAcceptable           406
│   ├── Conflict                409: TaskNotSucceeded, TaskEnded, TaskNotEnded, TaskIdTaken, NotUnique, ConcurrencyLimit, BatchNotEnded,
│   │                           BatchEnded, BatchComplete, KeyExists, KeyInFile, TooManySchedules, ScheduleDeclared,
│   │                           TooManyEndpoints, DeliveryNotEnded
│   ├── Gone                    410: TaskGone, BatchGone, ResultGone
│   ├── TooLarge                413, 414, 431: BodyTooLarge, FileSpaceUsedUp, TargetTooLong, HeadersTooLarge
│   ├── UnsupportedMediaType    415
│   ├── RangeNotSatisfiable     416
│   ├── InvalidInput            422, with the place of each wrong value
│   ├── DependencyNotFound      422
│   ├── IdempotencyConflict     422
│   ├── RateLimited             429
│   ├── InternalError           500
│   └── Unavailable             503: RedisUnavailable, RedisRefuses, RedisUnsafe, QueueFull, ProviderUnavailable,
│       │                       FilesUnavailable
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

from celeriac.client.errors.error import CeleriacError
from celeriac.client.errors.failures import (
    ConnectionLost,
    InputNotJSON,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotSuccessful,
    TimedOut,
    UnexpectedAnswer,
    Unreachable,
)
from celeriac.client.errors.problem import PREFIX, Problem
from celeriac.client.errors.refusals import (
    BadRequest,
    BatchComplete,
    BatchEnded,
    BatchGone,
    BatchNotEnded,
    BatchNotFound,
    BodyTooLarge,
    ConcurrencyLimit,
    Conflict,
    DeliveryNotEnded,
    DeliveryNotFound,
    DependencyNotFound,
    EndpointNotFound,
    FileSpaceUsedUp,
    FilesUnavailable,
    Forbidden,
    Gone,
    HeadersTooLarge,
    IdempotencyConflict,
    InDoubt,
    InternalError,
    InvalidHost,
    InvalidInput,
    KeyExists,
    KeyInFile,
    KeyNotFound,
    LimitNotFound,
    MalformedForm,
    MalformedJSON,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotUnique,
    ProviderUnavailable,
    QueueFull,
    RangeNotSatisfiable,
    RateLimited,
    RedisRefuses,
    RedisUnavailable,
    RedisUnsafe,
    ResultGone,
    RouteNotFound,
    ScheduleDeclared,
    ScheduleNotFound,
    TargetTooLong,
    TaskEnded,
    TaskGone,
    TaskIdTaken,
    TaskNotEnded,
    TaskNotFound,
    TaskNotSucceeded,
    TooLarge,
    TooManyEndpoints,
    TooManySchedules,
    Unauthorized,
    Unavailable,
    UnknownQueue,
    UnknownTaskName,
    UnsupportedMediaType,
)

__all__ = [
    "PREFIX",
    "BadRequest",
    "BatchComplete",
    "BatchEnded",
    "BatchGone",
    "BatchNotEnded",
    "BatchNotFound",
    "BodyTooLarge",
    "CeleriacError",
    "ConcurrencyLimit",
    "Conflict",
    "ConnectionLost",
    "DeliveryNotEnded",
    "DeliveryNotFound",
    "DependencyNotFound",
    "EndpointNotFound",
    "FileSpaceUsedUp",
    "FilesUnavailable",
    "Forbidden",
    "Gone",
    "HeadersTooLarge",
    "IdempotencyConflict",
    "InDoubt",
    "InputNotJSON",
    "InternalError",
    "InvalidHost",
    "InvalidInput",
    "KeyExists",
    "KeyInFile",
    "KeyNotFound",
    "LimitNotFound",
    "MalformedForm",
    "MalformedJSON",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "NotUnique",
    "Problem",
    "ProviderUnavailable",
    "QueueFull",
    "RangeNotSatisfiable",
    "RateLimited",
    "RedisRefuses",
    "RedisUnavailable",
    "RedisUnsafe",
    "ResultGone",
    "RouteNotFound",
    "ScheduleDeclared",
    "ScheduleNotFound",
    "TargetTooLong",
    "TaskCancelled",
    "TaskEnded",
    "TaskExpired",
    "TaskFailed",
    "TaskGone",
    "TaskIdTaken",
    "TaskNotEnded",
    "TaskNotFound",
    "TaskNotSucceeded",
    "TaskNotSuccessful",
    "TimedOut",
    "TooLarge",
    "TooManyEndpoints",
    "TooManySchedules",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownQueue",
    "UnknownTaskName",
    "Unreachable",
    "UnsupportedMediaType",
]
