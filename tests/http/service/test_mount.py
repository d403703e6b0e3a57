"""Celeriac in somebody else's app: `celeriac.mount(app, "/jobs")`."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import celeriac
from celeriac.settings import Settings
from celeriac.stack.valkey import Valkey
from celeriac_api.request.fields import FIELDS
from celeriac_api.response.address import prefix
from celeriac_api.response.errors import InvalidInput, TaskNotFound, UnknownTaskName
from celeriac_api.server.prefix import enter, own_path
from lab.harness.program import Program
from lab.harness.servers import running_api
from tests.support.door import document, problem_of

HOST = "tests.support.host:create_host"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def host(valkey: Valkey, directory: Path, worker: Program) -> Iterator[httpx.Client]:  # noqa: ARG001 - to be running
    """A client of an app that has mounted Celeriac under `/jobs`."""
    with running_api(directory, factory=HOST, redis_url=valkey.url) as server, server.client() as client:
        yield client


def test_a_task_is_submitted_and_followed_below_the_path_of_the_mount(host: httpx.Client) -> None:
    accepted = host.post("/jobs/add", json={"x": 4, "y": 5})
    assert accepted.status_code == 202
    place = accepted.headers["location"]
    assert place == document(accepted)["links"]["self"] == f"/jobs/tasks/{document(accepted)['task_id']}"
    assert document(host.get(place, params={"wait": 50}))["result"] == 9


def test_a_route_of_the_app_submits_a_task_without_http(host: httpx.Client) -> None:
    answer = document(host.post("/sum", json=[4, 5]))
    assert answer["document"] == document(host.get(f"/jobs/tasks/{answer['task_id']}"))
    assert answer["document"]["result"] == 9


def test_the_apps_own_lifespan_middleware_and_errors_go_on(host: httpx.Client) -> None:
    assert document(host.get("/livez")) == {"pot": "warm", "events": ["the host has started"]}
    assert (host.get("/tea").status_code, host.get("/tea").json()) == (418, {"detail": "out of tea"})
    for path in ("/livez", "/jobs/livez", "/jobs/nothing"):
        assert host.get(path).headers["x-host"] == "tea room"


def test_each_keeps_its_own_refusals_and_its_own_description(host: httpx.Client) -> None:
    assert host.get("/nothing").json() == {"detail": "Not Found"}
    assert problem_of(host.get("/jobs/nothing")) == (404, "route-not-found")
    assert problem_of(host.put("/jobs/add", json={})) == (405, "method-not-allowed")
    theirs, ours = document(host.get("/openapi.json")), document(host.get("/jobs/openapi.json"))
    assert (theirs["info"]["title"], ours["info"]["title"]) == ("Host", "Celeriac")
    assert ours["servers"] == [{"url": "/jobs"}]
    assert not any(path.startswith("/jobs") for path in theirs["paths"])


def test_the_page_is_found_without_its_slash(host: httpx.Client) -> None:
    page = host.get("/jobs", follow_redirects=True)
    assert page.status_code == 200
    assert page.url.path == "/jobs/"
    assert "Celeriac" in page.text


def test_paths_of_the_mount_are_counted_by_route(host: httpx.Client) -> None:
    host.get("/jobs/nowhere-at-all")
    numbers = host.get("/jobs/metrics").text
    assert 'route="/metrics"' in numbers or 'route="none"' in numbers
    assert 'route="/jobs"' not in numbers


def test_a_submission_without_http_is_refused_with_the_same_errors(valkey: Valkey) -> None:
    async def submit() -> None:
        app = FastAPI()
        jobs = celeriac.mount(app, "/jobs", settings=Settings(redis_url=valkey.url))
        async with app.router.lifespan_context(app):
            with pytest.raises(InvalidInput):
                await jobs.submit("add", {"x": 4})
            with pytest.raises(UnknownTaskName, match="'add'"):
                await jobs.submit("ad", {})
            with pytest.raises(TaskNotFound):
                await jobs.wait(NOWHERE, 1)

    asyncio.run(submit())


def test_a_program_submits_for_an_owner_and_the_document_names_the_owner(valkey: Valkey) -> None:
    async def submit() -> None:
        app = FastAPI()
        jobs = celeriac.mount(app, "/jobs", settings=Settings(redis_url=valkey.url))
        async with app.router.lifespan_context(app):
            task = await jobs.submit("add", {"x": 4, "y": 5}, key="order-17", owner="shop")
            same = await jobs.submit("add", {"x": 4, "y": 5}, key="order-17", owner="shop")
            other = await jobs.submit("add", {"x": 4, "y": 5}, key="order-17")
            assert (await task.read())["owner"] == "shop"
            assert same.id == task.id != other.id
            with pytest.raises(ValueError, match="letters"):
                await jobs.submit("add", {"x": 4, "y": 5}, owner="")

    asyncio.run(submit())


@pytest.mark.parametrize("path", ["", "/", "jobs", "/jobs/", "/jobs/{name}"])
def test_a_path_that_cannot_be_mounted_stops_the_start(path: str) -> None:
    with pytest.raises(ValueError, match="such as '/jobs'"):
        celeriac.mount(FastAPI(), path)


@pytest.mark.parametrize(
    ("root_path", "path"),
    [("", "/jobs/add"), ("/site", "/site/jobs/add"), ("/site", "/jobs/add"), ("/site/", "/jobs/add")],
)
def test_a_mount_is_found_below_a_root_path_that_the_request_has_or_lacks(root_path: str, path: str) -> None:
    scope = {
        "type": "http",
        "path": path,
        FIELDS: {},
        "client": ("127.0.0.1", 5000),
        "app_root_path": root_path,
        "root_path": f"{root_path}/jobs",
    }
    enter(scope)
    assert (prefix(), own_path(scope)) == (f"{root_path.rstrip('/')}/jobs", "/add")
