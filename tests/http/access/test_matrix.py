"""Each route, with each kind of key: a new route is tried by being there."""

import pytest

from celeriac.access.scopes import GRANTABLE, Scope
from celeriac_api.openapi import starter_app
from celeriac_api.server.route import ShortRoute
from tests.http.access.keys import Locked

ROUTES = starter_app().short_routes


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{''.join(route.methods)} {route.path}")
def test_a_route_is_for_those_alone_who_have_its_scope(locked: Locked, route: ShortRoute) -> None:
    refused = {name: status(locked, route, name) for name in ("none", "wrong", "expired", "revoked")}
    scope = route.scope
    with_it = status(locked, route, f"has-{scope if scope in GRANTABLE else Scope.READ}")
    assert with_it < 500
    assert with_it not in {401, 403}
    if scope is Scope.OPEN:
        assert set(refused.values()) == {with_it}
        return
    assert set(refused.values()) == {401}, refused
    if scope in GRANTABLE:
        assert status(locked, route, f"lacks-{scope}") == 403
    assert status(locked, route, "has-admin") == with_it


def status(locked: Locked, route: ShortRoute, key: str) -> int:
    """What a request with nothing but this key comes to."""
    with locked.asked(next(iter(route.methods or ())), route.path, key) as response:
        return response.status_code
