"""Describes routes in OpenAPI: FastAPI reads a signature, and never calls its function."""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Annotated, Any

import fastapi
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from celeriac_api.request.parameters import Parameters, signature_of
from celeriac_api.response.openapi import refusals_of, security_of
from celeriac_api.server.route import Route


def described(app: FastAPI, routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of these routes. It takes FastAPI longer than all the rest of a start, so not then.

    Most of that time goes into parameters, and each definition has a route with the same ones: FastAPI reads those of the first
    route that has them, and the others share what it writes.
    """
    of_all = [route for route in routes if route.operation_id]
    first: dict[type[Parameters], Route] = {}
    for route in of_all:
        first.setdefault(route.parameters, route)
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=[_api_route(route, has_parameters=first[route.parameters] is route) for route in of_all],
    )
    for route in first.values():
        _leave_out_empty_defaults(_operation(document, route))
    for route in of_all:
        _share_parameters(_operation(document, first[route.parameters]), _operation(document, route))
    return document


def _operation(document: dict[str, Any], route: Route) -> dict[str, Any]:
    _, path, _ = compile_path(route.path)
    operation: dict[str, Any] = document["paths"][path][route.method.lower()]
    return operation


def _leave_out_empty_defaults(operation: dict[str, Any]) -> None:
    """A list that is left out is empty, but a list that is sent may need an item."""
    for parameter in operation.get("parameters", []):
        if parameter["schema"].get("default") == []:
            del parameter["schema"]["default"]


def _share_parameters(source: dict[str, Any], target: dict[str, Any]) -> None:
    """Give these to the other operation, in the place where FastAPI has them."""
    if "parameters" not in source or "parameters" in target:
        return
    members = dict(target)
    target.clear()
    for name, value in members.items():
        target[name] = value
        if name == "operationId":
            target["parameters"] = source["parameters"]


def _api_route(route: Route, *, has_parameters: bool) -> APIRoute:
    return APIRoute(
        route.path,
        _documented(route, signature_of(route.parameters) if has_parameters else []),
        methods=[route.method],
        operation_id=route.operation_id,
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


def _documented(route: Route, parameters: list[Parameter]) -> Callable[..., Any]:
    """A function that never runs: its signature is what OpenAPI shows."""

    async def documented(**_: Any) -> None:
        raise NotImplementedError

    if route.body is not None:
        examples = fastapi.Body(examples=list(route.body.examples) if route.body.examples else None)
        body: Any = Annotated[route.body.documented, examples]
        default = route.body.default
        parameters.append(Parameter("body", Parameter.KEYWORD_ONLY, annotation=body, default=default))
    documented.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # a function may have one
    return documented
