"""The route table agrees with FastAPI's routing, and each route in it names its scope."""

import re
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Path
from pydantic import create_model
from starlette.routing import Match

from celeriac.access.scopes import Scope
from celeriac_api.openapi import starter_app
from celeriac_api.request.judgement import Judge
from celeriac_api.request.parameters import Parameters
from celeriac_api.server.route import Route, ShortRoute
from celeriac_api.server.route_table import RouteTable

APP = starter_app()
ROUTES = APP.routes
SHORT = APP.short_routes
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
def test_every_route_is_found_as_fastapi_finds_it(route: ShortRoute) -> None:
    assert route.methods is not None
    (method,) = route.methods
    request = scope(
        method,
        route.path.replace("{task_id}", "some-id")
        .replace("{queue}", "default")
        .replace("{name}", "ci")
        .replace("{batch_id}", "b")
        .replace("{key:path}", "/tenant=acme/x"),
    )
    match, expected = route.matches(request)
    assert match is Match.FULL
    assert TABLE.find(request) == (route, expected["path_params"])


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
        ("GET", "/static/page/other.js"),
    ],
)
def test_what_is_not_quite_a_route_is_left_to_fastapi(method: str, path: str) -> None:
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
    parts: dict[str, Any] = {name: Annotated[str, Path()] for name in re.findall(r"{(.+?)}", path)}
    model = create_model("Parts", __base__=Parameters, **parts)
    route = Route(method="GET", path=path, scope=Scope.OPEN, handler=_unused, parameters=model)
    with pytest.raises(ValueError, match="at most one parameter"):
        RouteTable(FastAPI(), routes=[ShortRoute(route, Judge(largest=1), APP.state.door, APP.state.audit)])


def test_there_is_no_second_kind_of_route() -> None:
    kinds = [route for route in ROUTES if not isinstance(route, ShortRoute)]
    assert kinds == [APP.definition_routes]
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.get("/by-the-way")(_unused)
    with pytest.raises(TypeError, match="/by-the-way has no scope: add it as a Route"):
        RouteTable(app, routes=app.routes)


@pytest.mark.parametrize("scope_of_route", [None, "anything"])
def test_a_route_without_a_scope_does_not_start(scope_of_route: Any) -> None:
    with pytest.raises(TypeError, match="GET /x has no scope: give it one of submit, read, cancel, operate"):
        Route(method="GET", path="/x", scope=scope_of_route, handler=_unused)


def test_what_changes_something_is_not_for_readers() -> None:
    scopes = {f"{''.join(route.methods or ())} {route.path}": route.scope for route in SHORT}
    writing = {route for route in scopes if not route.startswith("GET ")}
    assert {route for route in writing if scopes[route] in {Scope.READ, Scope.OPEN, Scope.METRICS}} == set()
    assert {scopes["POST /add"], scopes["POST /tasks"], scopes["PUT /tasks/{task_id}"]} == {Scope.SUBMIT}
    assert scopes["POST /tasks/{task_id}/cancel"] == Scope.CANCEL
    assert scopes["POST /queues/{queue}/purge"] == Scope.OPERATE
    assert (scopes["GET /metrics"], scopes["GET /livez"]) == (Scope.METRICS, Scope.OPEN)


def test_routes_are_described_when_that_is_asked_for_and_not_at_the_start() -> None:
    app = starter_app()
    assert app.openapi_schema is None
    assert app.openapi() is app.openapi()


def test_docs_begin_with_submitting_and_end_with_health() -> None:
    tags = [route.declared.tag for route in SHORT if route.declared.operation_id]
    assert list(dict.fromkeys(tags)) == [
        "submit",
        "tasks",
        "batches",
        "schedules",
        "webhooks",
        "limits",
        "events",
        "operations",
        "keys",
        "health",
    ]


def test_a_parameter_without_a_place_stops_the_start() -> None:
    class Misplaced(Parameters):
        number: int = 0

    route = Route(method="GET", path="/x", scope=Scope.OPEN, handler=_unused, parameters=Misplaced)
    with pytest.raises(TypeError, match=r"Misplaced.number needs one of Query\(\), Header\(\) and Path\(\)"):
        ShortRoute(route, Judge(largest=1), APP.state.door, APP.state.audit)


async def _unused(*_: object) -> Any:
    raise NotImplementedError
