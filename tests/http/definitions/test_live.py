"""The API serves what is announced, without its code and without a restart."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.tables.definitions import announce
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.definitions.announcer import definition, names, tell, wait_for
from tests.support.door import document, ended, problem_of, submit

# The places are those of `message_of` in record.lua.
TEMPLATE = '{"stamp": %s, "body": "%s", "headers": {"id": "%s", "expires": %s, "root_id": "%s"%s}, "a": "%s", "b": "%s", "c": "%s"}'


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests alone."""
    return new_database()


@pytest.fixture(scope="module")
def clients(url: str, directory: Path) -> Iterator[list[httpx.Client]]:
    """Clients of two processes of the API, which have no task modules."""
    with ExitStack() as servers:
        apis = [servers.enter_context(running_api(directory, redis_url=url, tasks="none")) for _ in range(2)]
        yield [servers.enter_context(api.client()) for api in apis]


@pytest.fixture(autouse=True)
def nothing_is_announced(url: str, clients: list[httpx.Client]) -> Iterator[None]:
    """Before and after each test."""
    yield
    for app in ("shop", "bank"):
        tell(url, app)
    for client in clients:
        wait_for(client)


def test_tasks_of_a_worker_are_served_by_an_api_without_their_code(
    url: str, clients: list[httpx.Client], directory: Path
) -> None:
    with running_worker(directory, redis_url=url, tasks="tests.tasks.greetings"):
        for client in clients:
            wait_until(lambda: "greet" in names(client))  # noqa: B023 - called at once
        task = submit(clients[1], "greet", name="Ada")
        assert ended(clients[0], task)["result"] == "Hello, Ada!"
        by_name = clients[0].post("/tasks?wait=20", json={"name": "greet", "input": {"name": "A"}})
        assert document(by_name)["result"] == "Hello, A!"
    tell(url, ":tests.tasks.greetings")


def test_each_process_serves_what_is_announced_within_a_second_and_nothing_that_is_gone(
    url: str, clients: list[httpx.Client]
) -> None:
    for shop in ((definition("charge"), definition("refund")), (definition("ship"),)):
        tell(url, "shop", *shop)
        told = monotonic()
        expected = {each.name for each in shop}
        for client in clients:
            wait_for(client, *expected)
        assert monotonic() - told < 5  # 0.3 s; the machine of a test may be busy
        for client in clients:
            assert {client.post(f"/{name}", json={"x": 1}).status_code for name in expected} == {202}
    for client in clients:
        assert problem_of(client.post("/charge", json={"x": 1})) == (404, "route-not-found")
        refusal = client.post("/tasks", json={"name": "charge", "input": {"x": 1}})
        assert problem_of(refusal) == (404, "unknown-task-name")
        assert client.get("/ship").status_code == 405
        assert client.get("/charge").status_code == 404


def test_a_changed_schema_decides_from_then_on(url: str, clients: list[httpx.Client]) -> None:
    first, second = (
        definition("charge"),
        definition("charge", input_schema={"type": "object", "required": ["y"]}),
    )
    client = clients[0]
    tell(url, "shop", first)
    wait_for(client, "charge")
    assert client.post("/charge", json={"x": 1}).status_code == 202
    assert problem_of(client.post("/charge", json={"y": 1})) == (422, "invalid-input")
    tell(url, "shop", second)
    wait_until(lambda: client.post("/charge", json={"y": 1}).status_code == 202)
    assert problem_of(client.post("/charge", json={"x": 1})) == (422, "invalid-input")


def test_an_alias_is_another_way_to_the_same_task(url: str, clients: list[httpx.Client]) -> None:
    client = clients[0]
    tell(url, "shop", definition("shop.tasks.charge", aliases=["charge", "pay", "queues"]), definition("pay"))
    wait_for(client, "shop.tasks.charge", "pay")
    assert [submit(client, path, x=1)["name"] for path in ("charge", "shop.tasks.charge", "pay")] == [
        "shop.tasks.charge", "shop.tasks.charge", "pay",
    ]  # fmt: skip
    by_name = client.post("/tasks", json={"name": "charge", "input": {"x": 1}})
    assert document(by_name)["name"] == "shop.tasks.charge"
    assert client.post("/queues", json={"x": 1}).status_code == 405


def test_batches_and_schedules_have_what_is_announced(url: str, clients: list[httpx.Client]) -> None:
    client = clients[1]
    tell(url, "shop", definition("charge", hidden=["x"]))
    wait_for(client, "charge")
    item = {"name": "charge", "input": {"x": 1}}
    assert client.post("/batches", json=[item]).status_code == 202
    schedule = client.put("/schedules/often", json={"every": "PT1S", "submit": item})
    assert document(schedule)["submit"]["input"] == {"x": "hidden"}
    wait_until(lambda: client.get("/schedules/often").json()["last_task_id"])
    task = client.get(f"/tasks/{client.get('/schedules/often').json()['last_task_id']}").json()
    assert task["name"] == "charge"
    tell(url, "shop")
    wait_for(client)
    assert document(client.get("/schedules/often"))["submit"]["input"] == {"x": "hidden"}
    assert client.delete("/schedules/often").status_code == 204


def test_what_cannot_be_offered_is_shown_with_the_reason_and_stops_nothing(
    url: str, clients: list[httpx.Client]
) -> None:
    client = clients[0]
    remote = {"$ref": "https://elsewhere.example/schema.json"}
    tell(url, "shop", definition("charge"), definition("remote", input_schema=remote),
         definition("tasks"), definition("odd name"), definition("old", refusal="It takes a file handle."))  # fmt: skip
    tell(url, "bank", definition("charge"), definition("transfer"))
    wait_for(client, "charge", "transfer")
    items = client.get("/catalog").json()["items"]
    refusals = {each["name"]: each["refusal"] for each in items if each["refusal"]}
    assert refusals.keys() == {"charge", "remote", "tasks", "odd name", "old"}
    assert "schema cannot be used" in refusals["remote"]
    assert "reserved" in refusals["tasks"]
    assert "part of a URL" in refusals["odd name"]
    assert refusals["old"] == "It takes a file handle."
    assert "Another task has the name" in refusals["charge"]
    assert client.post("/remote", json={}).status_code == 404


def test_a_catalog_shows_what_celery_users_expect(url: str, clients: list[httpx.Client]) -> None:
    tell(url, "shop", definition("charge", app="shop", ignore_result=True, rate_limit="10/s", celery_priority=3,
                                 time_limit=60, soft_time_limit=50, checked_by_worker=True))  # fmt: skip
    wait_for(clients[0], "charge")
    (item,) = clients[0].get("/catalog").json()["items"]
    expected: dict[str, object] = {
        "app": "shop", "aliases": [], "refusal": None, "ignore_result": True, "rate_limit": "10/s", "celery_priority": 3,
        "priority": "normal", "time_limit_seconds": 60.0, "soft_time_limit_seconds": 50.0, "checked_by_worker": True,
    }  # fmt: skip
    assert {name: item[name] for name in expected} == expected


def test_what_cannot_be_read_stops_nothing(url: str, clients: list[httpx.Client]) -> None:
    announce(PatientConnection(url), "bank", {"one": "{}", "two": "not JSON", "three": "[" * 100_000})
    tell(url, "shop", definition("charge"))
    wait_for(clients[0], "charge")


def test_requests_in_flight_notice_nothing(url: str, clients: list[httpx.Client]) -> None:
    client, deadline, codes = clients[0], monotonic() + 3, set()
    shop = [definition(f"task-{number}") for number in range(60)]
    tell(url, "shop", definition("charge"), *shop)
    wait_for(client, "charge", *(each.name for each in shop))
    changes = 0
    while monotonic() < deadline:
        shop[changes % 60] = replace(shop[changes % 60], summary=f"Version {changes}.")
        tell(url, "shop", definition("charge"), *shop)
        changes += 1
        codes |= {client.post("/charge", json={"x": 1}).status_code for _ in range(20)}
    assert codes == {202}
    assert changes > 5


def test_a_large_file_stays_in_the_message_of_a_task_of_an_app(url: str, clients: list[httpx.Client]) -> None:
    raw = {"type": "string", "format": "base64", "contentEncoding": "base64", "x-python": "bytes"}
    schema = {"type": "object", "properties": {"raw": raw}, "required": ["raw"]}
    tell(url, "shop", definition("keep", app="shop", input_schema=schema))
    wait_for(clients[0], "keep")
    given = {"raw": b64encode(b"x" * 500_000).decode()}
    task = document(clients[0].post("/keep", json=given))
    assert document(clients[0].get(f"/tasks/{task['task_id']}/input")) == given
    response = clients[0].post("/keep", files={"raw": ("a.bin", b"x" * 500_000)})
    assert problem_of(response) == (422, "invalid-input")


@pytest.mark.parametrize(
    ("members", "kept", "refused"),
    [
        ({"list": "default\x06\x163"}, ["normal"], ["high", "low"]),  # Celery's priority
        ({"template": None}, ["normal", "low"], ["high"]),  # a worker of the app makes the message
    ],
)
def test_an_order_that_celery_decides_cannot_be_chosen(
    url: str, clients: list[httpx.Client], members: dict[str, Any], kept: list[str], refused: list[str]
) -> None:
    tell(url, "shop", definition("charge", app="shop", **{"template": TEMPLATE, **members}))
    wait_for(clients[0], "charge")
    for priority in kept:
        assert clients[0].post(f"/charge?priority={priority}", json={"x": 1}).status_code == 202
    for priority in refused:
        response = clients[0].post(f"/charge?priority={priority}", json={"x": 1})
        assert problem_of(response) == (422, "invalid-input")
        assert "/priority: cannot be chosen" in response.json()["detail"]
    response = clients[0].post("/tasks", json={"name": "charge", "input": {"x": 1}, "fair": "/x"})
    assert "/fair: cannot be chosen" in response.json()["detail"]


@pytest.mark.parametrize("template", ["100%", "%d", "%s" * 10])
def test_a_template_that_cannot_be_filled_is_not_offered(
    url: str, clients: list[httpx.Client], template: str
) -> None:
    tell(url, "shop", definition("charge", app="shop", template=template), definition("ship", app="shop"))
    wait_for(clients[0], "ship")
    items = {each["name"]: each for each in document(clients[0].get("/catalog"))["items"]}
    assert "Its message was recorded by a version" in items["charge"]["refusal"]
