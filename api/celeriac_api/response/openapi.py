"""Describes a route's answers for OpenAPI: each documented status is one it gives."""

from typing import Any

from celeriac_api.response.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "The body is not valid JSON.",
    404: "No task has this id, or no definition this name.",
    409: "The task's state does not allow this.",
    410: "The task is forgotten, or its result was deleted by another Celery program.",
    413: "The body is larger than the limit.",
    415: "The body is not said to be JSON.",
    422: "The input does not fit.",
    500: "A fault of the server.",
    503: "Redis does not answer.",
}
LOCATION = {"description": "Where the task is.", "schema": {"type": "string"}}
RETRY_AFTER = {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}
PREFERENCE_APPLIED = {"description": "The wait that was asked for, if any.", "schema": {"type": "string"}}
REPLAYED = {
    "description": "`true` when this answers an earlier submission with the same key.",
    "schema": {"type": "string"},
}
ETAG = {"description": "Changes with the document.", "schema": {"type": "string"}}
REQUEST_ID = {"description": "The request's id, as it stands in the log.", "schema": {"type": "string"}}


def problems(*statuses: int) -> Responses:
    """These refusals; 500 may come from every route."""
    return {status: _problem(_PROBLEMS[status]) for status in (*statuses, 500)}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"X-Request-ID": REQUEST_ID},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
