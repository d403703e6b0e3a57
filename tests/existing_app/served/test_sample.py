"""The front door does with tasks of the sample app all that it does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from lab.twins.twin import Twin
from tests.support.door import cancel, document, ended, in_state, problem_of, run, submit, submit_with

TASKS = "lab.sample_app.tasks."
HOLD = f"{TASKS}bound.hold"
ADD = f"{TASKS}untyped.add"
POOL = 4


@pytest.fixture(scope="module")
def sample(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of an API without tasks, beside a worker of the sample."""
    directory: Path = tmp_path_factory.mktemp("served")
    twin = Twin(new_database(), directory, plugged=True)
    with (
        twin.running_worker(),
        running_api(directory, redis_url=twin.redis_url, tasks="none") as api,
        api.client() as client,
    ):
        wait_until(lambda: ADD in {item["name"] for item in document(client.get("/catalog"))["items"]})
        yield client


@pytest.mark.parametrize(
    ("name", "task_input", "result"),
    [
        ("untyped.add", {"x": "a", "y": "b"}, "ab"),
        ("untyped.add", {"x": [1], "y": [10**30]}, [1, 10**30]),
        ("untyped.anything", {"three": {"🥬": None}}, {"args": [], "kwargs": {"three": {"🥬": None}}}),
        ("untyped.defaults", {"first": 1, "third": 6}, [1, 2, 6]),
        ("typed.multiply", {"x": 6, "y": 7}, 42),
        ("typed.greet", {"name": "Ann", "loud": True}, "HELLO ANN"),
        ("models.place", {"order": {"number": 7, "items": ["a"]}}, {"number": 7, "count": 1}),
        ("values.price", {"amount": "1.20"}, "2.40"),
        ("values.moment", {}, "2026-02-03T04:05:06+00:00"),
        ("classes.tenant", {}, "acme"),
        ("retries.flaky", {"failures": 2}, "after 2 retries"),
        ("canvas.total", {"numbers": [1, 2]}, 3),
        ("reports.regional", {"region": "us"}, ["us", "us"]),
        ("shared.mail", {"to": "ann"}, "hello to ann"),
    ],
)
def test_a_task_is_submitted_and_its_result_waited_for(
    sample: httpx.Client, name: str, task_input: dict[str, Any], result: Any
) -> None:
    response = sample.post(f"/{TASKS}{name}?wait=50", json=task_input)
    assert response.status_code == 200, response.text
    task = document(response)
    assert (task["state"], task["result"]) == ("succeeded", result)


def test_values_arrive_as_the_types_of_the_parameters(sample: httpx.Client) -> None:
    value = {
        "at": "2026-02-03T04:05:06Z",
        "price": "0.10",
        "number": "01234567-89ab-4cde-8f01-23456789abcd",
        "data": "AP8=",
        "on": "2026-01-02",
    }
    assert run(sample, f"{TASKS}values.keep", **value)["result"] == {
        "at": "datetime 2026-02-03 04:05:06+00:00",
        "price": "Decimal 0.10",
        "number": "UUID 01234567-89ab-4cde-8f01-23456789abcd",
        "data": r"bytes b'\x00\xff'",
        "on": "date 2026-01-02",
    }


@pytest.mark.parametrize(
    ("name", "task_input"),
    [
        ("untyped.defaults", {"second": 1}),
        ("untyped.ping", {"x": 1}),
        ("typed.multiply", {"x": 1.5, "y": 2}),
        ("values.price", {"amount": "much"}),
        ("models.place", {"order": {"number": 1}}),
    ],
)
def test_a_wrong_input_is_refused_with_a_problem(
    sample: httpx.Client, name: str, task_input: dict[str, Any]
) -> None:
    path = "/ping" if name == "untyped.ping" else f"/{TASKS}{name}"
    assert sample.post(path, json=task_input).status_code == 422


def test_the_last_part_of_a_name_is_answered_with_the_whole_name(sample: httpx.Client) -> None:
    refused = sample.post("/multiply", json={"x": 6, "y": 7})
    assert problem_of(refused) == (404, "route-not-found")
    assert f"Did you mean '{TASKS}typed.multiply'?" in document(refused)["detail"]


def test_a_failure_has_its_type_and_message(sample: httpx.Client) -> None:
    task = run(sample, f"{TASKS}outcomes.fail", message="no 🥬")
    assert task["state"] == "failed"
    assert (task["error"]["type"], task["error"]["message"]) == ("ValueError", "no 🥬")


def test_the_events_of_a_task_are_streamed_until_its_end(sample: httpx.Client) -> None:
    headers = {"accept": "text/event-stream"}
    with sample.stream("POST", f"/{HOLD}", json={"seconds": 0.3}, headers=headers) as response:
        documents = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: {")]
    assert documents[-1]["state"] == "succeeded"
    assert "running" in [each["state"] for each in documents]


def test_tasks_are_listed_by_name_also_those_that_a_task_has_published(sample: httpx.Client) -> None:
    parent = run(sample, f"{TASKS}canvas.start_others", count=2)
    wait_until(lambda: of_parent(sample, parent["task_id"], 3), what="the tasks that it has started")


def of_parent(client: httpx.Client, task_id: str, count: int) -> bool:
    """Whether so many of the last tasks say that this one has published them."""
    items = document(client.get("/tasks", params={"name": ADD, "limit": 100}))["items"]
    return bool(sum(item["parent_id"] == task_id for item in items) >= count)


def test_a_scheduled_task_is_cancelled_and_never_runs(sample: httpx.Client) -> None:
    task = submit_with(sample, f"/{ADD}?delay=60", x=1, y=2)
    assert in_state(sample, task, "scheduled")
    assert cancel(sample, task).status_code == 200
    assert ended(sample, task)["state"] == "cancelled"


def test_a_scheduled_task_runs_when_it_is_due(sample: httpx.Client) -> None:
    assert ended(sample, submit_with(sample, f"/{ADD}?delay=0.5", x=1, y=2))["result"] == 3


def test_a_running_task_and_those_that_its_pool_has_no_place_for_are_cancelled(sample: httpx.Client) -> None:
    running = [submit(sample, HOLD, seconds=60) for _ in range(POOL)]
    for task in running:
        in_state(sample, task, "running")
    queued = [submit(sample, ADD, x=1, y=2) for _ in range(3)]
    for task in queued:
        assert cancel(sample, task).status_code == 200
    for task in running:
        assert cancel(sample, task, terminate=True).status_code == 202
    assert {ended(sample, task)["state"] for task in (*queued, *running)} == {"cancelled"}
    assert run(sample, ADD, x=1, y=2)["result"] == 3


def test_a_failed_task_is_retried_as_a_new_one(sample: httpx.Client) -> None:
    task = run(sample, f"{TASKS}outcomes.fail", message="again")
    response = sample.post(task["links"]["retry"])
    assert response.status_code == 202, response.text
    again = ended(sample, document(response))
    assert (again["retry_of"], again["state"]) == (task["task_id"], "failed")
    assert again["error"]["message"] == "again"
