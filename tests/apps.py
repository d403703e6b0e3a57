"""Apps for the tests: the API as it is, with something added that the tests need."""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app

SECRET = "a secret in the fault"


class Fault:
    """The innermost layer: fails where `X-Fault` asks it to, as a bug in a route would."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fail before the answer, after its beginning, or not at all."""
        where = dict(scope.get("headers", ())).get(b"x-fault")
        if where == b"late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half of ", "more_body": True})
        if where is not None:
            raise RuntimeError(SECRET)
        await self._app(scope, receive, send)


def with_faults() -> FastAPI:
    """The API, every route of which fails when it is asked to; at `/add` a second method, too."""
    app = create_app()
    app.user_middleware.append(Middleware(Fault))
    app.get("/add", include_in_schema=False)(_nothing)
    return app


async def _nothing() -> None:
    """Answer with nothing."""
