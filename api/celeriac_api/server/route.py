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
from celeriac_api.access.audit import Audit
from celeriac_api.access.authenticate import Door
from celeriac_api.request.call import Body, Call, CallReader
from celeriac_api.request.judgement import Judge
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.errors import Forbidden, Problem
from celeriac_api.response.openapi import Responses
from celeriac_api.server.logs import own_id

Handler = Callable[[Call[Any, Any]], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """Everything about a route. A route without an `operation_id` is not in OpenAPI.

    `is_submission`: what it accepts becomes a task, whose record is all that has to be kept. `definition` is the name of the definition whose tasks the route submits, if the path decides it.
    """

    method: str
    path: str
    scope: Scope
    is_submission: bool = False
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

    @property
    def is_audited(self) -> bool:
        """Whether each use is noted: it may change something, and no record of a task says so."""
        return self.method != "GET" and not self.is_submission

    @property
    def name(self) -> str:
        """What logs call it."""
        return self.operation_id or f"{self.method} {self.path}"


class ShortRoute(routing.Route):
    """A `Route` in the form of Starlette's router."""

    def __init__(self, route: Route, judge: Judge, door: Door, audit: Audit) -> None:
        """`judge` looks at the bodies, `door` at the callers, `audit` notes what they did."""
        super().__init__(route.path, route.handler, methods=[route.method], include_in_schema=False)
        self.methods = {route.method}  # `HeadMethod` answers HEAD
        self.declared = route
        self.scope = route.scope
        needed, definition = route.scope, route.definition
        is_audited = route.is_audited
        handler, body, reader = route.handler, route.body, CallReader(route.parameters, judge)

        async def serve(scope: Connection, receive: Receive, send: Send) -> None:
            try:
                caller = door.at_once(scope)
                # A key for some definitions alone takes the longer way.
                if caller is None or needed not in caller.scopes or (definition and not caller.submits_all):
                    caller = await door.admit(scope, needed, definition)
                if body is None:
                    response = await handler(reader.read(scope, receive, caller))
                elif body.is_streamed:
                    response = await handler(reader.read_head(scope, receive, caller))
                else:
                    response = await handler(await reader.read_with_body(body, scope, receive, caller))
            except Exception as error:  # noqa: BLE001 - the app knows which it has an answer to
                if is_audited or isinstance(error, Forbidden):
                    status = error.status if isinstance(error, Problem) else 500
                    audit.note(route.name, scope, door.known(scope), status=status, request_id=own_id())
                response = await _answer(Request(scope, receive, send), error)
            else:
                if is_audited:
                    made = response.headers.get("location", "")
                    audit.note(
                        route.name, scope, caller, status=response.status_code, made=made, request_id=own_id()
                    )
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
