"""Declares a route, and answers its requests by a handler of ours.

FastAPI's generic way from a request to arguments, and from a value to a response, costs more than all the rest of a
request here (docs/decisions/0006-short-routes.md), so it only documents (route_documentation.py).
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette import routing
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from celeriac.access.scopes import Scope
from celeriac_api.access.authenticate import Door
from celeriac_api.request.call import Body, Call, CallReader
from celeriac_api.request.judgement import Judge
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.openapi import Responses

Handler = Callable[[Call[Any, Any]], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """Everything about a route. A route without an `operation_id` is not in OpenAPI.

    `definition` is the name of the definition whose tasks the route submits, if the path decides it.
    """

    method: str
    path: str
    scope: Scope
    definition: str | None = None
    handler: Handler
    parameters: type[Parameters] = Parameters
    body: Body[Any] | None = None
    operation_id: str | None = None
    summary: str | None = None
    description: str = ""
    tag: str | None = None
    # The status of the usual answer, the model of its JSON, and how it is sent.
    status: int = 200
    returns: Any = None
    media: type[Response] = JSONResponse
    # What else OpenAPI says of the answers, by their status.
    answers: Responses = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A route without a scope does not start."""
        if not isinstance(self.scope, Scope):
            raise TypeError(f"{self.method} {self.path} has no scope: give it one of {', '.join(Scope)}.")


class ShortRoute(routing.Route):
    """A `Route` in the form of Starlette's router."""

    def __init__(self, route: Route, judge: Judge, door: Door) -> None:
        """`judge` looks at the bodies, `door` at the callers."""
        super().__init__(route.path, route.handler, methods=[route.method], include_in_schema=False)
        self.methods = {route.method}  # `HeadMethod` answers HEAD
        self.declared = route
        self.scope = route.scope
        needed, definition = route.scope, route.definition
        handler, body, reader = route.handler, route.body, CallReader(route.parameters, judge)

        async def serve(scope: Connection, receive: Receive, send: Send) -> None:
            try:
                caller = door.at_once(scope)
                # A key for some definitions alone takes the longer way.
                if caller is None or needed not in caller.scopes or (definition and not caller.submits_all):
                    caller = await door.admit(scope, needed, definition)
                if body is None:
                    response = await handler(reader.read(scope, receive, caller))
                else:
                    response = await handler(await reader.read_with_body(body, scope, receive, caller))
            except Exception as error:  # noqa: BLE001 - the app knows which it has an answer to
                response = await _answer(Request(scope, receive, send), error)
            await response(scope, receive, send)

        self.app = serve


async def _answer(request: Request, error: Exception) -> Response:
    """What the app has to say to an error of this kind; one that it does not expect is raised."""
    handlers = request.app.exception_handlers
    for kind in type(error).__mro__:
        if kind in handlers:
            response: Response = await handlers[kind](request, error)
            return response
    raise error
