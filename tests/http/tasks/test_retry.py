"""An ended task's input runs again as a new task that names it."""

from typing import Any

import httpx
import pytest
from redis import Redis

from tests.support.door import document, ended, problem_of, run, shown, submit, submit_with

UNKNOWN = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"


def test_a_retry_is_a_new_task_with_the_same_input(client: httpx.Client) -> None:
    task = run(client, "give_back_anything", value={"deep": ["\N{SNOWMAN}", 10**30, None]})
    response = client.post(task["links"]["retry"])
    again = document(response)
    assert (response.status_code, response.headers["location"]) == (202, again["links"]["self"])
    assert (again["retry_of"], again["state"]) == (task["task_id"], "queued")
    at_end = ended(client, again)
    assert at_end["task_id"] != task["task_id"]
    assert (at_end["result"], at_end["retry_of"], at_end["attempt"]) == (task["result"], task["task_id"], 1)
    assert shown(client, task) == task


def test_a_failed_task_and_its_retry_can_both_be_asked_for(client: httpx.Client) -> None:
    task = run(client, "fail", message="no such invoice")
    again = ended(client, document(client.post(task["links"]["retry"])))
    assert (again["state"], again["error"]) == ("failed", task["error"])
    third = document(client.post(again["links"]["retry"]))
    assert third["retry_of"] == again["task_id"]


def test_a_retry_of_an_expired_task_has_all_the_time(quiet: httpx.Client, quiet_redis: Redis) -> None:
    task = submit_with(quiet, "/add?expires=0", x=1, y=2)
    ended(quiet, task)
    again = document(quiet.post(task["links"]["retry"]))
    assert (again["state"], again["retry_of"]) == ("queued", task["task_id"])
    (message,) = quiet_redis.lrange("default", 0, 0)
    assert b'"expires": null' in message
    assert task["task_id"].encode() not in message


def test_a_task_that_has_not_ended_cannot_be_run_again(quiet: httpx.Client) -> None:
    response = quiet.post(submit(quiet, "add", x=1, y=2)["links"]["retry"])
    assert problem_of(response) == (409, "task-not-ended")


def test_an_unknown_task_cannot_be_run_again_nor_a_forgotten_one(client: httpx.Client) -> None:
    assert problem_of(client.post(f"/tasks/{UNKNOWN}/retry")) == (404, "task-not-found")
    task = run(client, "add", x=1, y=2)
    client.delete(task["links"]["self"])
    assert problem_of(client.post(task["links"]["retry"])) == (410, "task-gone")


def test_a_retry_with_a_key_is_one_task_however_often_it_is_asked_for(client: httpx.Client) -> None:
    task = run(client, "add", x=1, y=2)
    headers = {"Idempotency-Key": f"again {task['task_id']}"}
    first, second = [client.post(task["links"]["retry"], headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["idempotent-replayed"] == "true"
    assert document(first)["task_id"] == document(second)["task_id"]
    other = run(client, "add", x=1, y=3)
    assert client.post(other["links"]["retry"], headers=headers).status_code == 422


def test_a_retry_with_another_input_is_a_new_task_with_that_input(client: httpx.Client) -> None:
    task = run(client, "add", x=4, y=5)
    response = client.post(task["links"]["retry"], json={"input": {"x": 4, "y": 6}})
    again = document(response)
    assert (response.status_code, response.headers["location"]) == (202, again["links"]["self"])
    assert again["retry_of"] == task["task_id"]
    at_end = ended(client, again)
    assert (at_end["result"], at_end["retry_of"]) == (10, task["task_id"])
    assert document(client.get(again["links"]["input"])) == {"x": 4, "y": 6}
    third = ended(client, document(client.post(again["links"]["retry"], json={})))
    assert (third["result"], third["retry_of"]) == (10, again["task_id"])


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"input": {"x": "4", "y": 5}}, 422, "/input/x"),
        ({"input": {"x": 4}}, 422, "/input/y"),
        ({"input": {"x": 4, "y": 5, "z": 6}}, 422, "/input/z"),
        ({"input": None}, 422, "/input"),
        ({"input": [4, 5]}, 422, "/input"),
        ({"x": 4, "y": 5}, 422, "/x"),
        ({"input": {"x": 4, "y": 5}, "queue": "other"}, 422, "/queue"),
        ([], 422, ""),
    ],
)
def test_a_retry_whose_input_does_not_fit_is_refused(
    body: Any, status: int, pointer: str, client: httpx.Client
) -> None:
    task = run(client, "add", x=4, y=5)
    response = client.post(task["links"]["retry"], json=body)
    assert response.status_code == status
    assert document(response)["errors"][0]["pointer"] == pointer


def test_a_key_of_a_retry_stands_for_its_input_too(client: httpx.Client) -> None:
    task = run(client, "add", x=4, y=5)
    headers = {"Idempotency-Key": f"changed {task['task_id']}"}

    def retried(content: bytes) -> httpx.Response:
        given = {**headers, "Content-Type": "application/json"}
        return client.post(task["links"]["retry"], content=content, headers=given)

    first, same, other = (
        retried(content) for content in (b'{"input":{"x":1,"y":2}}', b'{"input": {"y":2, "x":1}}', b"{}")
    )
    assert (first.status_code, same.status_code) == (202, 202)
    assert document(first)["task_id"] == document(same)["task_id"]
    assert problem_of(other) == (422, "idempotency-conflict")


def test_a_changed_retry_belongs_to_the_trace_of_the_first_task(quiet: httpx.Client) -> None:
    headers = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    task = document(quiet.post("/add?expires=0", json={"x": 1, "y": 2}, headers=headers))
    ended(quiet, task)
    again = document(quiet.post(task["links"]["retry"], json={"input": {"x": 1, "y": 3}}))
    assert again["trace_id"] == task["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
