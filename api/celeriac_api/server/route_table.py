"""The way to a short route: a look into a table, however many routes there are."""

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from celeriac_api.server.prefix import own_path
from celeriac_api.server.route import ShortRoute


class Signpost(BaseRoute):
    """Stands before all other routes.

    What is not in its table goes on to FastAPI, which tries one route after the other: another method, and whatever is no
    short route.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """The short ones of these are in the table. A path has no parameter, or one as its second part."""
        self._plain: dict[tuple[str, str], ShortRoute] = {}
        self._with_parameter: dict[tuple[str, str, str], ShortRoute] = {}
        for route in routes:
            if isinstance(route, ShortRoute):
                self._enter(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Called by the router."""
        if scope["type"] != "http":
            return Match.NONE, {}
        method, path = scope["method"], own_path(scope)
        route = self._plain.get((method, path))
        if route is not None:
            return Match.FULL, {"route": route, "endpoint": route.endpoint, "path_params": {}}
        first, parameter, rest = _parts(path)
        route = self._with_parameter.get((method, first, rest))
        if route is None or not parameter:
            return Match.NONE, {}
        (name,) = route.param_convertors
        return Match.FULL, {"route": route, "endpoint": route.endpoint, "path_params": {name: parameter}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the router with what `matches` has found."""
        await scope["route"].app(scope, receive, send)

    def _enter(self, route: ShortRoute) -> None:
        first, parameter, rest = _parts(route.path)
        for method in route.methods or ():
            if not route.param_convertors:
                self._plain[method, route.path] = route
            elif parameter.startswith("{") and len(route.param_convertors) == 1:
                self._with_parameter[method, first, rest] = route
            else:
                raise ValueError(
                    f"{route.path}: a short route has at most one parameter, its path's second part"
                )


def _parts(path: str) -> tuple[str, str, str]:
    """`/tasks/{task_id}/result` as `tasks`, `{task_id}`, `/result`."""
    first, _, further = path[1:].partition("/")
    parameter, slash, rest = further.partition("/")
    return first, parameter, slash + rest
