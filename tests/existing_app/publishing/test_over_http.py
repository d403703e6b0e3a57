"""Tasks whose messages only the app can make are submitted over HTTP like all others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log, running_api
from tests.existing_app.running.place import PYTHON, SOON
from tests.http.definitions.announcer import definition, tell, wait_for

SHOP = "tests.existing_app.publishing.regional"


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """The Redis of the app."""
    return new_database()


@contextmanager
def working(url: str, directory: Path) -> Iterator[Program]:
    """A worker of the app."""
    command = [PYTHON, "-m", "celery", "-A", SHOP, "worker", "-c", "1", "-Q", "celery,eu,us", *ALONE]
    worker = Program(command, {**environment(**SOON), "SHOP_BROKER": url}, new_log(directory, "regional"))
    try:
        yield worker
    finally:
        worker.kill()


@pytest.fixture(scope="module")
def client(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API that knows nothing but what the worker announces."""
    settings: dict[str, Any] = {"redis_url": url, "tasks": "none", **SOON}
    with running_api(directory, **settings) as api, api.client() as client, working(url, directory):
        wait_for(client, "picky", "regional", "total", timeout=60)
        yield client


@pytest.mark.parametrize("region", ["us", "eu"])
def test_a_router_of_the_app_sees_the_arguments(client: httpx.Client, region: str) -> None:
    task = client.post("/regional?wait=30", json={"region": region}).json()
    assert (task["state"], task["result"], task["queue"]) == ("succeeded", [region, region], region)


def test_a_task_that_refuses_to_be_sent_fails_with_its_words(client: httpx.Client) -> None:
    task = client.post("/picky?wait=30", json={}).json()
    assert (task["state"], task["error"]["type"], task["error"]["message"]) == (
        "failed",
        "ValueError",
        "tell me why",
    )
    again = client.post(f"/tasks/{task['task_id']}/retry", json={"input": {"reason": "because"}})
    assert again.status_code == 202, again.text
    ended = client.get(f"{again.headers['location']}?wait=30").json()
    assert (ended["state"], ended["result"]) == ("succeeded", "because")


def test_objects_of_python_arrive_as_such(client: httpx.Client) -> None:
    given = {"amounts": ["0.10", "0.20"], "at": "2026-05-01T12:00:00Z"}
    response = client.post("/total?wait=30", json=given)
    assert response.json()["result"] == ["datetime", "0.30", "Decimal"], response.text
    asked = client.get(f"/tasks/{response.json()['task_id']}/input").json()
    assert asked["amounts"] == ["0.10", "0.20"]


def test_a_task_without_a_worker_is_queued_and_can_be_cancelled(client: httpx.Client, url: str) -> None:
    tell(url, "elsewhere", definition("orphan", app="elsewhere"))
    wait_for(client, "orphan", "picky", "regional", "total")
    task_id = client.post("/orphan", json={"x": 1}).json()["task_id"]
    assert client.get(f"/tasks/{task_id}?wait=1").json()["state"] == "queued"
    assert client.post(f"/tasks/{task_id}/cancel").json()["state"] == "cancelled"
    assert client.get(f"/tasks/{task_id}").json()["state"] == "cancelled"
