"""The route table agrees with FastAPI's routing, or leaves a request to it."""

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Match

from celeriac_api.openapi import starter_app
from celeriac_api.server.route import ShortRoute, add_route
from celeriac_api.server.route_table import RouteTable

ROUTES = starter_app().routes
SHORT = [route for route in ROUTES if isinstance(route, ShortRoute)]
TABLE = RouteTable(FastAPI(), routes=ROUTES)


def scope(method: str, path: str, root_path: str = "") -> dict[str, Any]:
    """What a server hands on of a request."""
    return {"type": "http", "method": method, "path": path, "root_path": root_path}


def found(method: str, path: str, root_path: str = "") -> tuple[ShortRoute, dict[str, str]]:
    """What is in the table for this request."""
    entry = TABLE.find(scope(method, path, root_path))
    assert entry is not None
    return entry


@pytest.mark.parametrize("route", SHORT, ids=lambda route: f"{route.methods} {route.path}")
def test_every_short_route_is_found_as_fastapi_finds_it(route: ShortRoute) -> None:
    assert route.methods is not None
    (method,) = route.methods
    request = scope(method, route.path.replace("{task_id}", "some-id"))
    match, expected = route.matches(request)
    assert match is Match.FULL
    assert TABLE.find(request) == (expected["route"], expected["path_params"])


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
    assert TABLE.find(request) is None
    assert all(route.matches(request)[0] is not Match.FULL for route in SHORT)


def test_a_parameter_may_look_like_its_own_name() -> None:
    assert found("GET", "/tasks/{task_id}")[1] == {"task_id": "{task_id}"}


def test_what_comes_under_a_prefix_is_found_without_it() -> None:
    assert found("POST", "/api/add", root_path="/api")[0].path == "/add"
    assert TABLE.find(scope("POST", "/apiadd", root_path="/api")) is None


@pytest.mark.parametrize("path", ["/{first}", "/a/b/{third}", "/a/{second}/{third}", "/a/x{part}"])
def test_a_path_that_does_not_fit_into_the_table_stops_the_start(path: str) -> None:
    app = FastAPI()
    add_route(app, "GET", path, _unused, _documented)
    with pytest.raises(ValueError, match="at most one parameter"):
        RouteTable(app, routes=app.routes)


async def _unused(*_: object) -> Any:
    raise NotImplementedError


async def _documented(first: str = "", second: str = "", third: str = "", part: str = "") -> None:
    """A signature that fits every path here."""
