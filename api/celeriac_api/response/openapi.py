"""Describes a route's answers for OpenAPI: each documented status is one it gives."""

from typing import Any

from celeriac.access.scopes import Scope
from celeriac_api.response.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "The body is not valid JSON.",
    401: "The request has no valid key.",
    403: "The key lacks the scope of this route.",
    404: "The task, the definition or the queue is unknown.",
    406: "The result is not of a type that `Accept` allows.",
    409: "The task's state does not allow this.",
    410: "The task is forgotten, or another Celery program deleted its result.",
    429: "A limit of the key or of its owner is reached.",
    413: "The body is larger than the limit.",
    415: "The content type of the body is not JSON, or the body is encoded.",
    416: "The file is shorter than the range that `Range` names.",
    422: "The input is not valid.",
    500: "The server failed.",
    503: "Redis does not answer, or refuses the command; or the queue is full.",
}
# A file, of whatever type.
FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
LOCATION = {"description": "The address of the task.", "schema": {"type": "string"}}
RETRY_AFTER = {
    "description": "How many seconds to wait before the next request.",
    "schema": {"type": "integer"},
}
PREFERENCE_APPLIED = {
    "description": "The wait that was applied, if the request asked for one.",
    "schema": {"type": "string"},
}
REPLAYED = {
    "description": "`true` when this is the answer to an earlier submission with the same key.",
    "schema": {"type": "string"},
}
TASK_DEFINITION = {
    "description": "Whether the definition is the `same` as when the task was accepted, has `changed` since, or is `gone`. "
    "Without the header, the record does not say it, as for a task that Celery has published.",
    "schema": {"type": "string", "enum": ["same", "changed", "gone"]},
}
ETAG = {"description": "A tag that changes when the document changes.", "schema": {"type": "string"}}
REQUEST_ID = {
    "description": "The id of the request. The log of the server has the same id.",
    "schema": {"type": "string"},
}


SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of Celeriac, which begins with `clrc_`. The API needs none before the first key is created.",
    }
}


def security_of(scope: Scope) -> list[dict[str, list[str]]]:
    """What a route of this scope asks for; of a key, which scope it needs."""
    match scope:
        case Scope.OPEN:
            return []
        case Scope.ANY:
            return [{"bearer": []}]
        case _:
            return [{"bearer": [scope.value]}]


def refusals_of(scope: Scope) -> Responses:
    """The refusals that stand before every route of this scope."""
    match scope:
        case Scope.OPEN:
            return {}
        case Scope.ANY:
            return problems(401, 503)
        case _:
            return problems(401, 403, 503)


def problems(*statuses: int) -> Responses:
    """These refusals; 500 may come from every route."""
    return {status: _problem(_PROBLEMS[status]) for status in (*statuses, 500)}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"X-Request-ID": REQUEST_ID},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
