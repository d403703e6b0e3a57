"""The table of short routes sends a request where FastAPI's own routing would, or leaves it to FastAPI."""

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Match

from celeriac.contract.catalog import load_catalog
from celeriac.settings import Settings
from celeriac_api.app import build_app
from celeriac_api.server.route import ShortRoute, add_route
from celeriac_api.server.route_table import Signpost

ROUTES = build_app(Settings.read({}), load_catalog("tasks")).routes
SHORT = [route for route in ROUTES if isinstance(route, ShortRoute)]


def scope(method: str, path: str, root_path: str = "") -> dict[str, Any]:
    """What a server hands on of a request."""
    return {"type": "http", "method": method, "path": path, "root_path": root_path}


@pytest.mark.parametrize("route", SHORT, ids=lambda route: f"{route.methods} {route.path}")
def test_every_short_route_is_found_as_fastapi_finds_it(route: ShortRoute) -> None:
    assert route.methods is not None
    (method,) = route.methods
    request = scope(method, route.path.replace("{task_id}", "some-id"))
    found, expected = Signpost(ROUTES).matches(request), route.matches(request)
    assert found == expected
    assert found[0] is Match.FULL


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/add"),
        ("HEAD", "/tasks/x"),
        ("POST", "/add/"),
        ("POST", "//add"),
        ("POST", "add"),
        ("POST", "/"),
        ("POST", ""),
        ("GET", "/tasks/"),
        ("GET", "/tasks//result"),
        ("GET", "/tasks/x/"),
        ("GET", "/tasks/x/result/"),
        ("GET", "/tasks/x/result/y"),
        ("GET", "/tasks/x/other"),
        ("GET", "/other/x"),
        ("GET", "/livez"),
    ],
)
def test_what_is_not_quite_a_short_route_is_left_to_fastapi(method: str, path: str) -> None:
    request = scope(method, path)
    assert Signpost(ROUTES).matches(request) == (Match.NONE, {})
    assert all(route.matches(request)[0] is not Match.FULL for route in SHORT)


def test_a_parameter_may_look_like_its_own_name() -> None:
    _, child_scope = Signpost(ROUTES).matches(scope("GET", "/tasks/{task_id}"))
    assert child_scope["path_params"] == {"task_id": "{task_id}"}


def test_what_comes_under_a_prefix_is_found_without_it() -> None:
    match, child_scope = Signpost(ROUTES).matches(scope("POST", "/api/add", root_path="/api"))
    assert (match, child_scope["route"].path) == (Match.FULL, "/add")
    assert Signpost(ROUTES).matches(scope("POST", "/apiadd", root_path="/api"))[0] is Match.NONE


@pytest.mark.parametrize("path", ["/{first}", "/a/b/{third}", "/a/{second}/{third}", "/a/x{part}"])
def test_a_path_that_does_not_fit_into_the_table_stops_the_start(path: str) -> None:
    app = FastAPI()
    add_route(app, "GET", path, _unused, _documented)
    with pytest.raises(ValueError, match="at most one parameter"):
        Signpost(app.routes)


async def _unused(*_: object) -> Any:
    raise NotImplementedError


async def _documented(first: str = "", second: str = "", third: str = "", part: str = "") -> None:
    """A signature that fits every path here."""
