"""Finds a route in a table; its cost does not grow with the routes."""

from collections.abc import Iterable

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from celeriac_api.server.prefix import own_path
from celeriac_api.server.route import ShortRoute


class ChangingRoutes(BaseRoute):
    """Routes of `POST` that come and go."""

    def find(self, path: str) -> ShortRoute | None:
        """The route at this path now."""
        raise NotImplementedError


class RouteTable:
    """The innermost ASGI middleware. A request without a route in its table goes to FastAPI, which returns 404 or 405."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute]) -> None:
        """Enter these. A path has no parameter, or one as its second part; a route that is no `Route` has no scope.

        Routes that come and go are asked for what the table does not have.
        """
        self._app = app
        self._plain: dict[tuple[str, str], ShortRoute] = {}
        self._with_parameter: dict[tuple[str, str, str], ShortRoute] = {}
        # Those whose parameter is all that follows, also with slashes.
        self._with_rest: dict[tuple[str, str], ShortRoute] = {}
        self._changing: ChangingRoutes | None = None
        for route in routes:
            if isinstance(route, ChangingRoutes):
                self._changing = route
                continue
            if not isinstance(route, ShortRoute):
                raise TypeError(
                    f"{getattr(route, 'path', route)} has no scope: add it as a Route (celeriac_api/server/route.py)."
                )
            self._enter(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        match = self.find(scope) if scope["type"] == "http" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        route, scope["path_params"] = match
        scope["route"], scope["endpoint"] = route, route.endpoint
        await route.app(scope, receive, send)

    def find(self, scope: Scope) -> tuple[ShortRoute, dict[str, str]] | None:
        """The route of this request, and the parameters in its path."""
        method, path = scope["method"], own_path(scope)
        route = self._plain.get((method, path))
        if route is None and method == "POST" and self._changing is not None:
            route = self._changing.find(path)
        if route is not None:
            return route, {}
        first, parameter, rest = _parts(path)
        route = self._with_parameter.get((method, first, rest))
        if route is None and (method, first) in self._with_rest:
            route, parameter = self._with_rest[method, first], parameter + rest
        if route is None or not parameter:
            return None
        (name,) = route.param_convertors
        return route, {name: parameter}

    def _enter(self, route: ShortRoute) -> None:
        first, parameter, rest = _parts(route.path)
        for method in route.methods or ():
            if not route.param_convertors:
                self._plain[method, route.path] = route
            elif parameter.endswith(":path}"):
                self._with_rest[method, first] = route
            elif parameter.startswith("{") and len(route.param_convertors) == 1:
                self._with_parameter[method, first, rest] = route
            else:
                raise ValueError(f"{route.path}: a route has at most one parameter, its path's second part")


def _parts(path: str) -> tuple[str, str, str]:
    """`/tasks/{task_id}/result` as `tasks`, `{task_id}`, `/result`."""
    first, _, further = path[1:].partition("/")
    parameter, slash, rest = further.partition("/")
    return first, parameter, slash + rest
