"""The outermost layer: gives each response `X-Request-ID`, and answers unexpected errors."""

import logging
import re

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from celeriac_api.request.fields import FIELDS
from celeriac_api.request.new_id import new_id
from celeriac_api.response.errors import InternalError
from celeriac_api.response.problems import answer
from celeriac_api.server.counters import Counters
from celeriac_api.server.head_method import HeadMethod
from celeriac_api.server.logs import request_id
from celeriac_api.server.prefix import enter
from celeriac_api.server.request_head import refusal

HEADER = b"x-request-id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,128}")

logger = logging.getLogger(__name__)


class Boundary:
    """ASGI middleware. The caller's own request id is kept when it is plain text of at most 128 characters."""

    def __init__(self, app: ASGIApp, *, counters: Counters) -> None:
        """Wrap this app, and count what it answers."""
        self._app = app
        self._heads = HeadMethod(app)
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head_problem = refusal(scope)
        enter(scope)
        own_id = _request_id(scope)
        request_id.set(own_id)
        has_started = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"].append((HEADER, own_id))
                route = getattr(scope.get("route"), "path", "none")
                self._counters.count(route, scope["method"], message["status"])
            await send(message)

        if head_problem is not None:
            await answer(head_problem, scope["path"])(scope, receive, send_with_id)
            return
        try:
            app = self._heads if scope["method"] == "HEAD" else self._app
            await app(scope, receive, send_with_id)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception:
            logger.exception("%s %.200s failed", scope["method"], scope["path"])
            if has_started:
                raise
            problem = InternalError(
                f"The server failed; its log contains the details under request id {own_id.decode()}."
            )
            await answer(problem, scope["path"])(scope, receive, send_with_id)


def _request_id(scope: Scope) -> bytes:
    if HEADER not in scope[FIELDS]:
        return new_id().encode()
    for name, value in scope["headers"]:
        if name == HEADER and _ACCEPTED.fullmatch(value):
            return bytes(value)
    return new_id().encode()
