"""A stock worker runs what the API accepts, and the API reports it truthfully."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.door import Document, document, ended, run, submit_with

# How many tasks with a key are in front of the list at a time.
WINDOW = 8


@pytest.mark.parametrize(
    "value",
    [
        'zero \0, quote ", backslash \\, line \u2028, snow ☃, celeriac 🥬, last \U0010ffff',
        10**4_000,
        -(2**64),
        [0.1, -0.0, 1e300, True, None],
        {"": [], "🥬": {"a": {}}},
        None,
    ],
    ids=["text", "a large integer", "a negative integer", "numbers", "an object", "nothing"],
)
def test_it_gives_back_exactly_what_was_sent(stock_client: httpx.Client, value: Any) -> None:
    task = run(stock_client, "give_back_anything", value=value)
    assert (task["state"], task["successful"], task["error"]) == ("succeeded", True, None)
    assert repr(task["result"]) == repr(value)


def test_a_success_is_told_to_who_waits_with_its_times(stock_client: httpx.Client) -> None:
    response = stock_client.post("/add", json={"x": 4, "y": 5}, params={"wait": 50})
    task = document(response)
    assert (response.status_code, task["state"], task["result"], task["attempt"]) == (200, "succeeded", 9, 1)
    assert datetime.fromisoformat(task["created_at"]) <= datetime.fromisoformat(task["ended_at"])


def test_it_has_succeeded_also_where_results_are_left_out(stock_client: httpx.Client) -> None:
    task = run(stock_client, "add", x=4, y=5)
    (item,) = document(stock_client.get("/tasks?omit=result&limit=1"))["items"]
    told = ("task_id", "state", "successful", "attempt", "ended_at")
    assert [item[name] for name in told] == [task[name] for name in told]
    assert "result" not in item


def test_a_failure_is_told_with_its_type_and_message(stock_client: httpx.Client) -> None:
    task = run(stock_client, "fail", message="no such invoice: 🥬")
    assert (task["state"], task["successful"], task["result"]) == ("failed", False, None)
    assert task["error"] == {"type": "RuntimeError", "message": "no such invoice: 🥬", "traceback": None}


def test_a_task_that_it_sends_again_ends_as_its_last_attempt_does(stock_client: httpx.Client) -> None:
    assert run(stock_client, "flaky", failures=2)["result"] == "succeeded on attempt 3"


def test_a_task_that_it_sends_again_too_often_fails(stock_client: httpx.Client) -> None:
    task = run(stock_client, "flaky", failures=10)
    assert (task["state"], task["error"]["type"]) == ("failed", "ConnectionError")


@pytest.mark.parametrize(
    ("name", "error"),
    [("over_soft_limit", "SoftTimeLimitExceeded"), ("over_hard_limit_alone", "TimeLimitExceeded")],
)
def test_it_keeps_the_time_limits_of_our_declaration(
    stock_client: httpx.Client, name: str, error: str
) -> None:
    task = run(stock_client, name)
    assert (task["state"], task["error"]["type"]) == ("failed", error)


def test_a_task_that_has_ended_there_can_be_forgotten_at_once(stock_client: httpx.Client) -> None:
    task = run(stock_client, "add", x=1, y=2)
    assert stock_client.delete(task["links"]["self"]).status_code == 204
    assert stock_client.get(task["links"]["self"]).status_code == 410


def test_it_runs_tasks_of_high_priority_first_and_those_of_low_priority_last_and_keys_take_turns(
    stock_client: httpx.Client,
) -> None:
    """As far as windows go: what a stock worker takes after one that it emptied depends on when a keeper comes."""

    def submitted(count: int, options: str) -> list[Document]:
        return [submit_with(stock_client, f"/add?{options}", x=1, y=2) for _ in range(count)]

    stock_client.post("/queues/default/pause")
    low, normal, fair = submitted(2, "priority=low"), submitted(2, ""), submitted(20, "fair=a")
    other = submitted(1, "fair=b")
    high = submitted(12, "priority=high")
    stock_client.post("/queues/default/resume")
    tasks = [ended(stock_client, task) for task in (*low, *normal, *fair, *other, *high)]
    order = [task["task_id"] for task in sorted(tasks, key=lambda task: str(task["ended_at"]))]
    places = {task["task_id"]: order.index(task["task_id"]) for task in tasks}

    def places_of(tasks: list[Document]) -> list[int]:
        return [places[task["task_id"]] for task in tasks]

    assert places_of([*high, *fair[:WINDOW]]) == list(range(len(high) + WINDOW))
    assert places_of(fair) == sorted(places_of(fair))
    assert places_of(other) < places_of(fair[WINDOW + 2 :])
    assert places_of([*normal, *low]) == sorted(places_of([*normal, *low]))
