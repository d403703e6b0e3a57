"""Turns every refusal and error into a problem document."""

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from redis.exceptions import RedisError, ResponseError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope as Connection

from celeriac.access.scopes import Scope
from celeriac.ledger.model.task import Gone
from celeriac.ledger.store.connection import InDoubt, Refused, Unavailable
from celeriac_api.response.address import address, prefix
from celeriac_api.response.errors import (
    InternalError,
    MethodNotAllowed,
    Problem,
    RedisRefuses,
    RedisUnavailable,
    RouteNotFound,
    TaskGone,
)
from celeriac_api.response.near_names import HOW_NAMES_COME, suggestion

MEDIA_TYPE = "application/problem+json"
LONGEST_PATH = 500

# Finds out who calls; raises a problem if that is nobody who may use routes of this scope.
Identify = Callable[[Connection, Scope], Awaitable[object]]

_ENCODER = json.JSONEncoder(ensure_ascii=False)

logger = logging.getLogger(__name__)


class InputError(BaseModel):
    """One value that is not valid."""

    pointer: str = Field(
        description="JSON pointer (RFC 6901) into the body, or `?name` for a query parameter."
    )
    detail: str = Field(description="What was expected, and what was given.")


class ProblemDocument(BaseModel):
    """A problem (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(
        description="Stable identifier of the kind of problem.",
        examples=["urn:celeriac:problem:task-not-found"],
    )
    title: str = Field(description="The kind of problem, as a short text.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, and what to do.")
    instance: str = Field(description="The path of the request.")
    errors: list[InputError] | None = Field(
        None, description="For `invalid-input`: the values that are not valid."
    )


def install(app: FastAPI, *, names: Collection[str], identify: Identify) -> None:
    """Answer every refusal as a problem.

    `names` are those of the task definitions. `identify` refuses who needs a key and has none, as a route does: to others,
    no answer tells which routes there are, except those that are open to all.
    """
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(Gone, _gone)
    app.add_exception_handler(HTTPException, partial(_refused_by_framework, names, identify))
    for away in (Unavailable, InDoubt, RedisError):
        app.add_exception_handler(away, _redis_away)


def answer(problem: Problem, path: str) -> Response:
    """The response for a problem at this path."""
    path = path if len(path) <= LONGEST_PATH else path[:LONGEST_PATH] + "…"
    document: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        **problem.members,
    }
    content = _ENCODER.encode(document).encode("utf-8", "replace")
    return Response(content, problem.status, problem.headers, MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):  # never: it is registered for Problem alone
        raise error
    return answer(error, request.scope["path"])


async def _refused_by_framework(
    names: Collection[str], identify: Identify, request: Request, error: Exception
) -> Response:
    """Routing has two refusals of its own."""
    path, routes = request.scope["path"], _routes_at(request)
    is_open = bool(routes) and all(getattr(route, "scope", None) is Scope.OPEN for route in routes)
    try:
        await identify(request.scope, Scope.OPEN if is_open else Scope.ANY)
    except Problem as refusal:
        return answer(refusal, path)
    match error:
        case HTTPException(status_code=404):
            return answer(_route_not_found(request.method, path, names), path)
        case HTTPException(status_code=405):
            allowed = ", ".join(sorted(_methods_of(routes)))
            return answer(
                MethodNotAllowed(
                    f"{request.method} is not allowed at {path}; use {allowed}.", headers={"Allow": allowed}
                ),
                path,
            )
        case _:
            logger.error("the framework raised an error that has no problem type", exc_info=error)
            return answer(InternalError(str(error)), path)


def _route_not_found(method: str, path: str, names: Collection[str]) -> RouteNotFound:
    detail = f"Nothing is served at {path[:LONGEST_PATH]}; GET {address('/docs')} lists the routes."
    name = path.removeprefix(prefix())[1:]
    if method != "POST" or "/" in name:
        return RouteNotFound(detail)
    return RouteNotFound(f"{detail}{suggestion(name, names)} {HOW_NAMES_COME}")


def _routes_at(request: Request) -> list[BaseRoute]:
    """Every route at this path; the framework knows the first one only."""
    scope = dict(request.scope)
    # As it was before a mount changed it.
    scope["root_path"] = scope.get("app_root_path", scope.get("root_path", ""))
    return [route for route in request.app.router.routes if route.matches(scope)[0] is not Match.NONE]


def _methods_of(routes: Iterable[BaseRoute]) -> set[str]:
    """The methods of these routes."""
    methods: set[str] = set()
    for route in routes:
        methods |= getattr(route, "methods", None) or {"GET"}  # a mount, which serves files
    return methods | {"HEAD"} if "GET" in methods else methods


async def _gone(request: Request, error: Exception) -> Response:
    detail = f"Task {error} is forgotten: the time to keep its result is over, or it was deleted."
    return answer(TaskGone(detail), request.scope["path"])


async def _redis_away(request: Request, error: Exception) -> Response:
    logger.warning("redis did not answer, or refused: %s", error)
    return answer(redis_problem(error), request.scope["path"])


def redis_problem(error: Exception) -> Problem:
    """The problem that describes this failure of Redis."""
    headers = {"Retry-After": "2"}
    match error:
        case Refused():
            return RedisRefuses(f"{error.refusal.words}. Try again in a few seconds.", headers=headers)
        case ResponseError():
            return RedisRefuses(f"Redis returned an error: {error}", headers=headers)
        case _:
            return RedisUnavailable("Redis does not answer; try again in a few seconds.", headers=headers)
