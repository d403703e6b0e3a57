"""Describes routes in OpenAPI: FastAPI reads a signature, and never calls its function."""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Annotated, Any

import fastapi
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from celeriac_api.request.parameters import signature_of
from celeriac_api.response.openapi import refusals_of, security_of
from celeriac_api.server.route import Route


def described(app: FastAPI, routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of these routes. It takes FastAPI longer than all the rest of a start, so not then."""
    return get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=[_api_route(route) for route in routes],
    )


def _api_route(route: Route) -> APIRoute:
    return APIRoute(
        route.path,
        _documented(route),
        methods=[route.method],
        operation_id=route.operation_id,
        include_in_schema=route.operation_id is not None,
        summary=route.summary,
        description=route.description or None,
        tags=[route.tag] if route.tag else None,
        status_code=route.status,
        response_model=route.returns,
        response_class=route.media,
        responses={**route.answers, **refusals_of(route.scope)},
        openapi_extra=_extra(route),
    )


def _extra(route: Route) -> dict[str, Any]:
    """What FastAPI cannot know."""
    extra: dict[str, Any] = {"security": security_of(route.scope)}
    if route.definition:
        extra["x-celeriac-definition"] = route.definition
    if route.body is None:
        return extra
    request_body: dict[str, Any] = {"required": route.body.required}
    if route.body.other_media:
        request_body["content"] = dict(route.body.other_media)
    return extra | {"requestBody": request_body}


def _documented(route: Route) -> Callable[..., Any]:
    """A function that never runs: its signature is what OpenAPI shows."""

    async def documented(**_: Any) -> None:
        raise NotImplementedError

    parameters = signature_of(route.parameters)
    if route.body is not None:
        examples = fastapi.Body(examples=list(route.body.examples) if route.body.examples else None)
        body: Any = Annotated[route.body.documented, examples]
        default = route.body.default
        parameters.append(Parameter("body", Parameter.KEYWORD_ONLY, annotation=body, default=default))
    documented.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # a function may have one
    return documented
