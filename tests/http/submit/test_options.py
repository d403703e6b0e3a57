"""`delay`, `eta` and `expires`: when a task is queued and must start."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.door import document, ended, in_state, problem_of, submit_with


def moment(text: str) -> datetime:
    """A moment of a document."""
    return datetime.fromisoformat(text)


def test_a_delayed_task_is_scheduled_and_then_runs(client: httpx.Client) -> None:
    task = submit_with(client, "/add?delay=0.5", x=4, y=5)
    assert task["state"] == "scheduled"
    assert moment(task["due_at"]) - moment(task["created_at"]) == timedelta(seconds=0.5)
    at_end = ended(client, task)
    assert at_end["result"] == 9
    assert moment(at_end["started_at"]) >= moment(task["due_at"])


def test_a_task_with_an_eta_runs_then(client: httpx.Client) -> None:
    eta = datetime.now(UTC) + timedelta(seconds=0.5)
    task = document(client.post("/add", json={"x": 4, "y": 5}, params={"eta": eta.isoformat(), "wait": 30}))
    assert (task["state"], task["result"]) == ("succeeded", 9)
    assert abs(moment(task["due_at"]) - eta) < timedelta(seconds=0.5)
    assert moment(task["started_at"]) >= moment(task["due_at"])


def test_a_moment_that_is_past_and_no_delay_mean_at_once(quiet: httpx.Client) -> None:
    for query in ("eta=2000-01-01T00:00:00Z", "delay=0"):
        task = submit_with(quiet, f"/add?{query}", x=4, y=5)
        assert (task["state"], task["due_at"]) == ("queued", None)


def test_without_a_worker_what_is_due_is_queued_by_the_api(quiet: httpx.Client) -> None:
    in_state(quiet, submit_with(quiet, "/add?delay=0.1", x=4, y=5), "queued")


def test_by_name_and_under_an_id_the_options_are_the_same(quiet: httpx.Client) -> None:
    task_id = "5b0f5a0c-2f61-4d0e-9b52-5f6d1d8f3f01"
    for method, path in (("POST", "/tasks"), ("PUT", f"/tasks/{task_id}")):
        body = {"name": "add", "input": {"x": 4, "y": 5}}
        assert document(quiet.request(method, path, json=body, params={"delay": 60}))["state"] == "scheduled"


@pytest.mark.parametrize(
    "query",
    [
        "delay=-1",
        "delay=soon",
        "delay=",
        "delay=1e9",
        "delay=inf",
        "delay=nan",
        "delay=%D9%A1",
        "expires=-1",
        "expires=31622401",
        "eta=tomorrow",
        "eta=2026-05-01T12:00:00",
        "eta=1777636800",
        "eta=9999-01-01T00:00:00Z",
        "eta=2000-01-01T00:00:00Z&delay=1",
    ],
)
def test_an_option_that_makes_no_sense_is_refused(query: str, quiet: httpx.Client) -> None:
    response = quiet.post(f"/add?{query}", json={"x": 4, "y": 5})
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == "?" + query.partition("=")[0]
