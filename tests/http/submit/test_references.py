"""`{"$result": id}` in an input stands for the result of a task in `after`."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, problem_of, run, shown, submit, submit_with


def after(
    client: httpx.Client, name: str, task_input: Document, *others: Document, **options: Any
) -> Document:
    """Submit a task that runs after these, with this input."""
    body = {"name": name, "input": task_input, "after": [task["task_id"] for task in others], **options}
    response = client.post("/tasks", json=body)
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def result(task: Document, pointer: str = "") -> Document:
    """A reference to the result of this task."""
    return {"$result": task["task_id"], "pointer": pointer}


def test_results_are_put_in_and_validated(client: httpx.Client) -> None:
    one, two = (submit_with(client, "/add?delay=0.2", x=number, y=1) for number in (1, 2))
    total = after(client, "add", {"x": result(one), "y": {"$result": two["task_id"].upper()}}, one, two)
    words = submit(client, "word_count", text="to be or not to be")
    part = after(client, "add", {"x": result(words, "/be"), "y": result(total)}, words, total)
    assert ended(client, part)["result"] == 2 + 2 + 3
    assert document(client.get(part["links"]["input"]))["x"] == result(words, "/be")
    again = document(client.post(part["links"]["retry"]))
    assert ended(client, again)["result"] == 7


@pytest.mark.parametrize(
    ("name", "value", "pointer", "words"),
    [
        ("word_count", "to be", "/nobody", "has nothing at '/nobody'"),
        ("give_back_anything", {"a": "b"}, "", "x: Input should be a valid integer"),
    ],
)
def test_what_does_not_fit_fails_with_a_reason(
    name: str, value: object, pointer: str, words: str, client: httpx.Client
) -> None:
    first = submit(client, name, **{"text" if name == "word_count" else "value": value})
    at_end = ended(client, after(client, "add", {"x": result(first, pointer), "y": 1}, first))
    assert (at_end["state"], at_end["error"]["type"]) == ("failed", "InvalidInput")
    assert words in at_end["error"]["message"]


def test_a_result_that_cannot_fit_is_refused_at_the_door(quiet: httpx.Client) -> None:
    words, numbers = submit_with(quiet, "/word_count", text="to be"), submit_with(quiet, "/primes", limit=9)
    for task, pointer, sentence in (
        (words, "", "should be integer, and the result of 'word_count' is object"),
        (numbers, "", "should be integer, and the result of 'primes' is object (Primes)"),
        (numbers, "/cuont", "refers to a result of 'primes', which has nothing at '/cuont'"),
    ):
        task_input = {"x": 1, "y": result(task, pointer)}
        body = {"name": "add", "input": task_input, "after": [words["task_id"], numbers["task_id"]]}
        response = quiet.post("/tasks", json=body)
        assert problem_of(response) == (422, "invalid-input")
        (error,) = document(response)["errors"]
        assert error["pointer"] == "/input/y"
        assert error["detail"].startswith(sentence), error
        assert task["task_id"] in error["detail"]
    fitting = {"x": result(words, "/be"), "y": result(numbers, "/count")}
    for task in (after(quiet, "add", fitting, words, numbers), words, numbers):
        cancel(quiet, task)


def test_of_a_task_without_a_result_it_is_null(client: httpx.Client) -> None:
    bad = submit_with(client, "/add?delay=3600", x=1, y=1)
    task = after(client, "add", {"x": result(bad), "y": 1}, bad, when="ended")
    cancel(client, bad)
    at_end = ended(client, task)
    assert "x: Input should be a valid integer" in at_end["error"]["message"]


def test_the_rest_of_the_input_is_validated_at_the_door(quiet: httpx.Client) -> None:
    other = submit(quiet, "unserved")
    ids, reference = [other["task_id"]], result(other)
    unknown = {"$result": str(uuid4())}
    for task_input, when, pointer in (
        ({"x": reference, "y": "5"}, "succeeded", "/input/y"),
        ({"x": reference}, "succeeded", "/input/y"),
        ({"x": reference, "y": 1, "z": 2}, "succeeded", "/input/z"),
        ({"x": unknown, "y": 1}, "succeeded", "/input/x"),
        ({"x": {"$result": 5}, "y": 1}, "succeeded", "/input/x"),
        ({"x": {**reference, "more": 1}, "y": 1}, "succeeded", "/input/x"),
        ({"x": {**reference, "pointer": "a"}, "y": 1}, "succeeded", "/input/x"),
        ({"x": reference, "y": 1}, "failed", "/input/x"),
    ):
        body = {"name": "add", "input": task_input, "after": ids, "when": when}
        response = quiet.post("/tasks", json=body)
        assert problem_of(response) == (422, "invalid-input"), task_input
        assert document(response)["errors"][0]["pointer"] == pointer
    response = quiet.post("/tasks", json={"name": "add", "input": {"x": reference, "y": 1}})
    assert problem_of(response) == (422, "invalid-input")
    cancel(quiet, other)


def test_many_references_cost_linear_time(quiet: httpx.Client) -> None:
    other = submit(quiet, "unserved")

    def seconds(count: int) -> float:
        task_input = {"texts": [result(other)] * count, "more": 5}
        body = json.dumps({"name": "count_each", "input": task_input, "after": [other["task_id"]]})
        start = time.perf_counter()
        response = quiet.post("/tasks", content=body, headers={"Content-Type": "application/json"})
        assert problem_of(response) == (422, "invalid-input")
        return time.perf_counter() - start

    assert min(seconds(2_000) for _ in range(3)) < 12 * min(seconds(400) for _ in range(3)) + 0.05
    cancel(quiet, other)


def test_a_result_that_is_needed_stays_although_its_task_is_forgotten(
    client: httpx.Client, redis: Redis
) -> None:
    first, second = run(client, "add", x=1, y=1), submit_with(client, "/add?delay=1", x=2, y=2)
    task = after(client, "add", {"x": result(first), "y": result(second)}, first, second)
    assert redis.ttl(keys.result(first["task_id"])) == -1
    assert client.delete(first["links"]["self"]).status_code == 204
    assert client.get(first["links"]["self"]).status_code == 410
    assert ended(client, task)["result"] == 6
    wait_until(lambda: not redis.exists(keys.record(first["task_id"]), keys.result(first["task_id"])))
    assert client.get(first["links"]["self"]).status_code == 410
    assert 0 < redis.ttl(keys.result(second["task_id"])) <= 90_000
    assert shown(client, second)["result"] == 4
    assert not redis.exists(keys.needers(first["task_id"]), keys.needers(second["task_id"]))


def test_no_script_lets_go_of_more_than_a_few_results(client: httpx.Client, redis: Redis) -> None:
    ids = [submit(client, "return_somewhat_deep", depth=1)["task_id"] for _ in range(150)]
    task_input = {"texts": [{"$result": each} for each in ids]}
    body = {"name": "count_each", "input": task_input, "after": ids, "when": "ended"}
    with redis.monitor() as monitor:
        response = client.post("/tasks", json=body)
        assert response.status_code == 202, response.text
        task = document(response)
        assert ended(client, task)["error"]["type"] == "InvalidInput"
        client.delete(task["links"]["self"])
        wait_until(lambda: not redis.exists(*map(keys.needers, ids)))
        redis.echo("end")
        assert max(_sizes_of_ends(monitor)) < 1_000
    assert all(redis.ttl(keys.record(each)) > 0 for each in ids)


def _sizes_of_ends(monitor: Any) -> list[int]:
    """Of each script that ends a task, and of the keeper's, how many commands it runs."""
    sizes: list[int] = []
    is_one = False
    for entry in monitor.listen():
        if entry["client_type"] == "lua":
            if is_one:
                sizes[-1] += 1
        elif entry["command"] == "ECHO end":
            return sizes
        elif is_one := "end_task" in entry["command"] or "keep_tasks" in entry["command"]:
            sizes.append(0)
    raise AssertionError("unreachable")
