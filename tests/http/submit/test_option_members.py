"""The options of a submission are members of a body, and parameters of a query."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.support.door import Document, cancel, document, ended, in_state, problem_of, shown

ADD = {"name": "add", "input": {"x": 4, "y": 5}}
TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S}Z"


def with_members(client: httpx.Client, path: str = "/tasks", /, **options: Any) -> Document:
    """The document of a task with these members beside name and input."""
    response = client.post(path, json={**ADD, **options})
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def refusal_of(response: httpx.Response) -> tuple[str, str]:
    """Where the first wrong value is, and what is wrong."""
    assert problem_of(response) == (422, "invalid-input"), response.text
    error = document(response)["errors"][0]
    return error["pointer"], error["detail"]


def test_times_are_members_too(quiet: httpx.Client) -> None:
    assert with_members(quiet, delay=60)["state"] == "scheduled"
    assert with_members(quiet, eta=TOMORROW)["state"] == "scheduled"
    assert with_members(quiet, delay=0)["state"] == "queued"
    in_state(quiet, with_members(quiet, expires=0.1), "expired")


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"delay": -1}, "/delay"),
        ({"delay": "5"}, "/delay"),
        ({"delay": True}, "/delay"),
        ({"delay": None}, "/delay"),
        ({"delay": 31_622_401}, "/delay"),
        ({"eta": 1_777_636_800}, "/eta"),
        ({"eta": "2026-05-01T12:00:00"}, "/eta"),
        ({"eta": "9999-01-01T00:00:00Z"}, "/eta"),
        ({"eta": TOMORROW, "delay": 1}, "/eta"),
        ({"expires": [1]}, "/expires"),
        ({"when": "ended"}, "/when"),
        ({"queue": 5}, "/queue"),
        ({"queue": ""}, "/queue"),
        ({"wait": 5}, "/wait"),
        ({"dealy": 5}, "/dealy"),
    ],
)
def test_a_member_that_makes_no_sense_is_refused(
    options: Document, pointer: str, quiet: httpx.Client
) -> None:
    for method, path in (("POST", "/tasks"), ("PUT", f"/tasks/{uuid4()}")):
        assert refusal_of(quiet.request(method, path, json={**ADD, **options}))[0] == pointer


@pytest.mark.parametrize(
    ("query", "member", "pointer"),
    [
        ({"delay": 5}, {"delay": 5}, "?delay"),
        ({"queue": "unserved"}, {"queue": "unserved"}, "?queue"),
        ({"delay": 5}, {"eta": TOMORROW}, "/eta"),
        ({"eta": TOMORROW}, {"delay": 5}, "?eta"),
    ],
)
def test_an_option_is_in_the_query_or_in_the_body(
    query: Document, member: Document, pointer: str, quiet: httpx.Client
) -> None:
    response = quiet.post("/tasks", json={**ADD, **member}, params=query)
    assert refusal_of(response)[0] == pointer


@pytest.mark.usefixtures("quiet_redis")
def test_in_the_query_or_in_the_body_it_is_the_same_submission(quiet: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}
    options: dict[str, Any] = {"delay": 60, "queue": "unserved"}
    first = document(quiet.post("/add", json=ADD["input"], params=options, headers=headers))
    assert document(quiet.post("/tasks", json={**ADD, **options}, headers=headers)) == first
    for changed in ({"delay": 61}, {"expires": 5}, {"queue": "default"}):
        again = quiet.post("/tasks", json={**ADD, **options, **changed}, headers=headers)
        assert problem_of(again) == (422, "idempotency-conflict")


def test_a_task_can_wait_in_another_queue(quiet: httpx.Client, quiet_redis: Redis) -> None:
    task = with_members(quiet, queue="unserved")
    assert (task["queue"], quiet_redis.llen("unserved"), quiet_redis.llen("default")) == ("unserved", 1, 0)
    assert shown(quiet, task)["queue"] == "unserved"
    assert document(quiet.post("/unserved?queue=default"))["queue"] == "default"
    cancel(quiet, task)
    again = document(quiet.post(task["links"]["retry"]))
    assert (again["queue"], again["retry_of"]) == ("unserved", task["task_id"])
    cancel(quiet, again)
    assert document(quiet.post(again["links"]["retry"]))["queue"] == "unserved"


def test_a_queue_that_nobody_knows_is_refused_and_the_known_are_named(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    pointer, detail = refusal_of(quiet.post("/tasks", json={**ADD, "queue": "gpu"}))
    assert (pointer, "default, " in detail, "unserved" in detail) == ("/queue", True, True)
    assert refusal_of(quiet.post("/add?queue=gpu", json=ADD["input"]))[0] == "?queue"
    assert not quiet_redis.exists("celeriac:tasks")
    seconds, _ = quiet_redis.time()
    quiet_redis.hset("celeriac:serving", "gpu", seconds * 1_000_000)
    assert with_members(quiet, queue="gpu")["queue"] == "gpu"
    quiet_redis.hset("celeriac:serving", "gpu", (seconds - 60) * 1_000_000)
    assert refusal_of(quiet.post("/tasks", json={**ADD, "queue": "gpu"}))[0] == "/queue"


def test_a_worker_runs_what_was_submitted_to_its_queue(client: httpx.Client) -> None:
    task = document(client.post("/unserved?queue=default"))
    assert ended(client, task)["state"] == "succeeded"


def listed(client: httpx.Client, query: str) -> list[str]:
    """The ids of the tasks in this list."""
    response = client.get(f"/tasks?{query}")
    assert response.status_code == 200, response.text
    return [task["task_id"] for task in document(response)["items"]]


def test_tasks_are_listed_by_their_tags(quiet: httpx.Client, quiet_redis: Redis) -> None:
    first = with_members(quiet, tags=["nightly", "tenant:42", "nightly"])
    second = document(quiet.post("/add?tags=nightly&tags=eu", json=ADD["input"], params=None))
    third = with_members(quiet, delay=60)
    assert [task["tags"] for task in (first, second, third)] == [
        ["nightly", "tenant:42"],
        ["nightly", "eu"],
        [],
    ]
    assert [shown(quiet, task)["tags"] for task in (first, third)] == [["nightly", "tenant:42"], []]
    ids = [second["task_id"], first["task_id"]]
    cancel(quiet, first)
    for query, expected in [
        ("tag=nightly", ids),
        ("tag=nightly&limit=1", ids[:1]),
        ("tag=nightly&tag=tenant:42", ids[1:]),
        ("tag=nightly&state=queued&state=running", ids[:1]),
        ("tag=nightly&name=add&queue=default", ids),
        ("tag=nightly&name=fail", []),
        ("tag=night", []),
    ]:
        assert listed(quiet, query) == expected, query
    again = document(quiet.post(first["links"]["retry"]))
    assert (again["tags"], shown(quiet, again)["tags"]) == (first["tags"], first["tags"])
    cancel(quiet, again)
    for task in (first, again):
        assert quiet.delete(task["links"]["self"]).status_code == 204
    assert listed(quiet, "tag=nightly") == ids[:1]
    assert sorted(map(str, quiet_redis.keys("celeriac:tagged:*"))) == [
        str(b"celeriac:tagged::eu"),
        str(b"celeriac:tagged::nightly"),
    ]


@pytest.mark.parametrize("tags", [["two words"], [""], ["x" * 65], ["a"] * 11, "nightly", [5], ["-x"]])
def test_a_tag_that_makes_no_sense_is_refused(tags: Any, quiet: httpx.Client) -> None:
    assert refusal_of(quiet.post("/tasks", json={**ADD, "tags": tags}))[0].startswith("/tags")
