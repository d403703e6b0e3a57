"""`POST /{name}` of every definition that is offered now, and of its other names."""

from collections.abc import Callable

from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from celeriac.access.scopes import Scope as KeyScope
from celeriac.contract.definition import Definition
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.server.route import ShortRoute
from celeriac_api.server.route_table import ChangingRoutes

RouteOf = Callable[[Definition, str], ShortRoute]


class DefinitionRoutes(ChangingRoutes):
    """Each route is made at its first use. One that is in use stays with its request, whatever changes."""

    scope, methods = KeyScope.SUBMIT, frozenset({"POST"})

    def __init__(self, catalog: LiveCatalog, route_of: RouteOf) -> None:
        """`route_of` makes the route of a definition at a path without its slash."""
        self._catalog, self._route_of = catalog, route_of
        self._made: dict[str, tuple[Definition, ShortRoute]] = {}
        self._served: dict[str, ShortRoute] = {}
        catalog.on_change(self._forget_changed)

    def find(self, path: str) -> ShortRoute | None:
        """The route of `POST` at this path."""
        return self._served.get(path) or self._make(path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette asks its routes, for what the route table does not have."""
        path = get_route_path(scope)
        if scope["type"] != "http" or path[1:] not in self._catalog.by_path:
            return Match.NONE, {}
        return (Match.FULL if scope["method"] == "POST" else Match.PARTIAL), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it, or refuse another method."""
        route = self.find(get_route_path(scope)) if scope["method"] == "POST" else None
        if route is None:
            raise HTTPException(405)
        await route.app(scope, receive, send)

    def _make(self, path: str) -> ShortRoute | None:
        name = path[1:]
        definition = self._catalog.by_path.get(name) if path[:1] == "/" else None
        if definition is None:
            return None
        route = self._route_of(definition, name)
        self._made[path], self._served[path] = (definition, route), route
        return route

    def _forget_changed(self) -> None:
        by_path = self._catalog.by_path
        self._made = {path: entry for path, entry in self._made.items() if by_path.get(path[1:]) is entry[0]}
        self._served = {path: route for path, (_, route) in self._made.items()}
