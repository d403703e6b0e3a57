"""One way to add a route: FastAPI documents it from a signature, and our handler answers the raw request.

FastAPI's generic way from a request to arguments, and from a value to a response, costs more than all the rest of a
request here (docs/decisions/0006-short-routes.md).
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query
from fastapi.routing import APIRoute
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

# What may be left out cannot be sent as null: a query and a header know no null.
Wait = Annotated[
    Annotated[int, Field(ge=0)] | SkipJsonSchema[None],
    Query(
        description="Seconds to wait for the task's end before answering, at most 55; more is taken as 55.",
    ),
]
Prefer = Annotated[
    str | SkipJsonSchema[None],
    Header(description="`wait=N`: as the query parameter `wait` (RFC 7240).", examples=["wait=10"]),
]


class ShortRoute(APIRoute):
    """A route that FastAPI documents from a signature and that a handler answers."""

    def __init__(
        self, path: str, documented: Callable[..., Any], *, handler: Handler, **options: Any
    ) -> None:
        """`options` are FastAPI's own. `documented` never runs."""
        super().__init__(path, documented, **options)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            try:
                response = await handler(request)
            except Exception as error:  # noqa: BLE001 - the app knows which it has an answer to
                response = await _answer(request, error)
            await response(scope, receive, send)

        self.app = serve


def add_route(
    app: FastAPI,
    method: str,
    path: str,
    handler: Handler,
    documented: Callable[..., Any],
    **documentation: Any,
) -> None:
    """Serve `method path` with `handler`. `documented` never runs: its signature is what OpenAPI shows."""
    app.router.routes.append(ShortRoute(path, documented, handler=handler, methods=[method], **documentation))


async def _answer(request: Request, error: Exception) -> Response:
    """What the app has to say to an error of this kind; one that it does not expect is raised."""
    handlers = request.app.exception_handlers
    for kind in type(error).__mro__:
        if kind in handlers:
            response: Response = await handlers[kind](request, error)
            return response
    raise error
