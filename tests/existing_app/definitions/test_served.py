"""An API without an app's code serves what its worker announces."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log, running_api
from lab.harness.waiting import wait_until
from tests.existing_app.running.place import PYTHON
from tests.support.door import document, ended, problem_of

SERVED = "tests.existing_app.definitions.served"
ORDER = "00000000-0000-0000-0000-000000000001"
GIVEN: dict[str, Any] = {
    "at": "2026-05-01T12:00:00Z",
    "price": 0.10,
    "order": ORDER,
    "raw": "/w==",
    "days": ["2026-05-01"],
}
ARRIVED = [
    "datetime.datetime(2026, 5, 1, 12, 0, tzinfo=datetime.timezone.utc)",
    "Decimal('0.1')",
    f"UUID('{ORDER}')",
    "b'\\xff'",
    "[datetime.date(2026, 5, 1)]",
]


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests alone."""
    return new_database()


@pytest.fixture(scope="module")
def client(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API that has no task modules, beside a worker of the app."""
    with (
        running_app(url, directory),
        running_api(directory, redis_url=url, tasks="none") as api,
        api.client() as client,
    ):
        wait_until(lambda: len(document(client.get("/catalog"))["items"]) == 3, what="the catalog")
        yield client


@contextmanager
def running_app(url: str, directory: Path) -> Iterator[None]:
    """A worker of the app."""
    command = [
        PYTHON,
        "-m",
        "celery",
        "-A",
        SERVED,
        "worker",
        "-P",
        "threads",
        "-c",
        "2",
        *ALONE,
        "--loglevel",
        "INFO",
    ]
    program = Program(command, {**environment(), "SERVED_REDIS": url}, new_log(directory, "served"))
    try:
        yield
    finally:
        program.kill()


def submitted(client: httpx.Client, path: str, given: dict[str, Any]) -> dict[str, Any]:
    """The document of a task that has ended."""
    return ended(client, document(client.post(path, json=given)))


def test_objects_reach_the_task_and_the_input_is_shown_as_it_was_sent(client: httpx.Client) -> None:
    task = submitted(client, "/served.describe", GIVEN)
    assert (task["state"], task["result"]) == ("succeeded", ARRIVED)
    shown = document(client.get(f"/tasks/{task['task_id']}/input"))
    assert shown == {**GIVEN, "at": "2026-05-01T12:00:00+00:00", "price": "0.1"}
    again = ended(client, document(client.post(f"/tasks/{task['task_id']}/retry")))
    assert again["result"] == ARRIVED


def test_a_short_name_is_another_path_of_the_task(client: httpx.Client) -> None:
    task = submitted(client, "/describe", GIVEN)
    assert (task["name"], task["result"]) == ("served.describe", ARRIVED)


def test_objects_that_a_task_returns_are_shown_as_json(client: httpx.Client) -> None:
    task = submitted(client, "/served.objects", {"text": "2026-05-01T12:00:00+00:00"})
    expected = {
        "at": "2026-05-01T12:00:00+00:00",
        "price": "0.10",
        "order": ORDER,
        "raw": "/w==",
        "own": {"__type__": "mine", "__value__": ["2026-05-01"]},
    }
    assert task["result"] == expected
    assert document(client.get(f"/tasks/{task['task_id']}/result")) == expected


def test_what_only_the_app_can_send_is_sent_by_its_worker(client: httpx.Client) -> None:
    task = submitted(client, "/served.anything", {"first": 1, "rest": [2, {"x": None}], "more": "3"})
    assert task["result"] == [1, [2, {"x": None}], {"more": "3"}]


def test_what_the_schema_excludes_is_refused(client: httpx.Client) -> None:
    for wrong in ({"at": "tomorrow"}, {"raw": "/w="}, {"price": "a lot"}, {"days": ["May"]}, {"more": 1}):
        response = client.post("/served.describe", json={**GIVEN, **wrong})
        assert problem_of(response) == (422, "invalid-input")


def test_a_reference_to_a_result_is_refused_with_the_reason(client: httpx.Client) -> None:
    first = submitted(client, "/served.anything", {"first": 1})["task_id"]
    second = {"name": "served.anything", "input": {"first": {"$result": first}}, "after": [first]}
    response = client.post("/tasks", json=second)
    assert problem_of(response) == (422, "invalid-input")
    assert "is a task of an existing Celery app" in response.text


def test_what_redis_has_lost_is_announced_again(client: httpx.Client, url: str) -> None:
    redis = Redis.from_url(url)
    redis.delete(keys.definitions(), keys.definition_sets(), keys.definitions_version())
    wait_until(lambda: redis.hlen(keys.definitions()) == 3, what="the definitions")
    wait_until(lambda: client.get("/catalog").status_code == 200, what="the catalog")
