"""A running task submits others, each once."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.door import Document, cancel, document, ended, run, shown

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def submitted(client: httpx.Client, *submissions: Document, **options: Any) -> list[str]:
    """The ids of tasks that one task submits, or what went wrong."""
    task = run(client, "submit_each", submissions=submissions, **options)
    assert task["state"] == "succeeded", task["error"]
    outcomes: list[str] = task["result"]
    return outcomes


def at_end(client: httpx.Client, task_id: str) -> Document:
    """The task of this id at its end."""
    return ended(client, {"links": {"self": f"/tasks/{task_id}"}})


def now(client: httpx.Client, task_id: str) -> Document:
    """The task of this id now."""
    return shown(client, {"links": {"self": f"/tasks/{task_id}"}})


def test_it_runs_and_names_its_parent(client: httpx.Client) -> None:
    parent = run(client, "count_each", texts=["to be", "or not to be"])
    children = [at_end(client, task_id) for task_id in parent["result"]]
    assert [child["result"]["be"] for child in children] == [1, 1]
    assert {child["parent_id"] for child in children} == {parent["task_id"]}
    assert parent["parent_id"] is None


def test_it_gets_the_results_of_others(client: httpx.Client) -> None:
    parent = run(client, "sum_up", numbers=[1, 2, 3, 4])
    assert at_end(client, parent["result"])["result"] == 10


def test_it_has_the_options_of_a_submission(client: httpx.Client) -> None:
    numbers = {"name": "add", "input": {"x": 1, "y": 2}}
    first, later, last = submitted(
        client,
        {**numbers, "queue": "unserved", "tags": ["nightly"], "key": "first"},
        {**numbers, "delay": 3600, "expires": 7200},
        {**numbers, "delay": 0.5, "key": "last"},
    )
    tagged, scheduled = now(client, first), now(client, later)
    assert (tagged["queue"], tagged["tags"], scheduled["state"]) == ("unserved", ["nightly"], "scheduled")
    blocked, alone = submitted(
        client, {**numbers, "after": [first]}, {**numbers, "after": first, "when": "failed"}
    )
    assert now(client, blocked)["blocked_by"]["tasks"] == [first]
    for task in (tagged, scheduled):
        cancel(client, task)
    assert at_end(client, alone)["result"] == at_end(client, last)["result"] == 3
    assert at_end(client, blocked)["error"]["type"] == "DependencyFailed"


@pytest.mark.parametrize(
    ("submission", "words"),
    [
        (
            {"name": "nothing"},
            "UnknownTaskName: No task has this name: This worker knows no task named 'nothing'",
        ),
        (
            {"name": "add", "x": "1", "y": 2},
            "InvalidInput: The input is not valid: /x: Input should be a valid integer",
        ),
        ({"name": "add", "x": 1, "y": {"$result": 5}}, "/y: a reference has the members"),
        ({"name": "add", "x": 1, "y": 2, "queue": "nowhere"}, "/queue: should be a known queue"),
        ({"name": "add", "x": 1, "y": 2, "priority": "urgent"}, "/priority: "),
        ({"name": "add", "x": 1, "y": 2, "throttle": {"key": "k", "rate": "often"}}, "/throttle/rate: "),
        ({"name": "add", "x": 1, "y": 2, "fair": "/z"}, "/z: is the key of `fair`: it should be given"),
        (
            {
                "name": "add",
                "x": 1,
                "y": 2,
                "delay": 5,
                "debounce": {"key": "k", "quiet": "PT1S", "at_most": "PT1S"},
            },
            "/delay: should not be given together with `debounce`",
        ),
        (
            {"name": "add", "x": 1, "y": 2, "after": TRACE[:36]},
            "DependencyNotFound: No task has an id of `after`",
        ),
    ],
)
def test_it_is_refused_with_the_errors_of_the_client(
    submission: Document, words: str, client: httpx.Client
) -> None:
    (outcome,) = submitted(client, submission)
    assert words in outcome


def test_it_waits_at_the_keys_of_its_definition_or_at_its_own(client: httpx.Client) -> None:
    tenant = uuid4().hex
    numbers = {"name": "add", "input": {"x": 1, "y": 2}, "queue": "unserved", "delay": 3600}
    first, second, low, late, again = submitted(
        client,
        {"name": "one_of_a_tenant", "tenant": tenant},
        {"name": "one_of_a_tenant", "tenant": tenant},
        {**numbers, "priority": "low", "fair": "/x"},
        {**numbers, "unique": {"key": tenant}},
        {**numbers, "unique": {"key": tenant}, "expires": 7200},
    )
    assert now(client, second)["blocked_by"]["key"] == f"/tenant={tenant}"
    assert (now(client, low)["priority"], late) == ("low", again)
    for task_id in (second, first, low, late):
        cancel(client, now(client, task_id))


def test_a_retried_task_gets_the_task_with_the_unique_key_again(client: httpx.Client) -> None:
    numbers = {"name": "add", "x": 1, "y": 2, "unique": {"key": uuid4().hex}}
    first, second = submitted(client, numbers, numbers, fails=2)
    assert first == second
    assert at_end(client, first)["result"] == 3


def test_a_debounced_task_takes_the_place_of_the_one_before(client: httpx.Client) -> None:
    debounce = {"key": uuid4().hex, "quiet": "PT0.2S", "at_most": "PT5S"}
    first, last = submitted(client, *({"name": "add", "x": x, "y": 1, "debounce": debounce} for x in (1, 2)))
    assert (at_end(client, first)["state"], at_end(client, last)["result"]) == ("cancelled", 3)


def test_a_result_that_cannot_fit_is_refused(client: httpx.Client) -> None:
    words = run(client, "word_count", text="to be")
    reference = {"$result": words["task_id"]}
    wrong, right = submitted(
        client,
        {"name": "add", "x": reference, "y": 1},
        {"name": "add", "x": {**reference, "pointer": "/be"}, "y": 1},
    )
    assert "/x: should be integer, and the result of 'word_count' is object" in wrong
    assert at_end(client, right)["result"] == 2


def test_a_retried_task_submits_the_same_tasks(client: httpx.Client, tmp_path: Path) -> None:
    submissions = [
        {"name": "append", "file": str(tmp_path / "file"), "line": str(number)} for number in range(3)
    ]
    task_ids = submitted(client, *submissions, fails=2)
    for task_id in task_ids:
        assert at_end(client, task_id)["state"] == "succeeded"
    assert sorted((tmp_path / "file").read_text().split()) == ["0", "1", "2"]


def test_the_same_key_is_the_same_task_and_another_input_is_a_conflict(client: httpx.Client) -> None:
    numbers = {"name": "add", "x": 1, "y": 2, "key": "sum"}
    first, second, third = submitted(client, numbers, numbers, {**numbers, "y": 3})
    assert first == second
    assert f"This task has submitted {first} before" in third


def test_it_continues_the_trace(client: httpx.Client) -> None:
    response = client.post("/count_each", json={"texts": ["to be"]}, headers={"traceparent": TRACE})
    (child,) = ended(client, document(response))["result"]
    assert now(client, child)["trace_id"] == TRACE[3:35]
