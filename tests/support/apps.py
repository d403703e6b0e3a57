"""The API with additions that tests need."""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from celeriac.access.scopes import Scope as RouteScope
from celeriac_api.app import create_app
from celeriac_api.request.judgement import Judge
from celeriac_api.server.route import Route, ShortRoute

SECRET = "a secret in the fault"


class Fault:
    """The innermost layer before the routes: fails where `X-Fault` asks it to, as a bug in a route would."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fail before the answer, after its beginning, or not at all."""
        fault = dict(scope.get("headers", ())).get(b"x-fault")
        if fault == b"late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half of ", "more_body": True})
        if fault is not None:
            raise RuntimeError(SECRET)
        await self._app(scope, receive, send)


def with_faults() -> FastAPI:
    """The API, every route of which fails when it is asked to; at `/add` a second method, too."""
    app = create_app()
    app.user_middleware.insert(-1, Middleware(Fault))  # before the table of the routes
    second = Route(method="GET", path="/add", scope=RouteScope.OPEN, handler=_nothing)
    app.router.routes.append(ShortRoute(second, Judge(largest=0), app.state.door, app.state.audit))
    return app


class Elsewhere:
    """Before the API: says that each request has come to an address that others reach."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As uvicorn tells it where it listens on all addresses."""
        await self._app({**scope, "server": ("10.1.2.3", 8000)}, receive, send)


def as_from_elsewhere() -> FastAPI:
    """The API as machines elsewhere reach it."""
    app = create_app()
    app.add_middleware(Elsewhere)
    return app


async def _nothing(_: object) -> Response:
    """Answer with nothing."""
    return Response()
