"""`after` and `when`: a task runs once other tasks have ended."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.http.events.test_events import watch
from tests.support.door import (
    Document,
    cancel,
    document,
    ended,
    in_state,
    problem_of,
    run,
    shown,
    submit,
    submit_with,
)

ADD = {"name": "add", "input": {"x": 4, "y": 5}}
UNKNOWN = "5b0f5a0c-2f61-4d0e-9b52-5f6d1d8f3f99"


def after(client: httpx.Client, *others: Document, name: str = "add", **options: Any) -> Document:
    """Submit a task that runs after these."""
    body = {**ADD} if name == "add" else {"name": name, "input": options.pop("input")}
    response = client.post("/tasks", json={**body, "after": [task["task_id"] for task in others], **options})
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def moment(text: str) -> datetime:
    """A moment of a document."""
    return datetime.fromisoformat(text)


def left_over(redis: Redis) -> list[str]:
    """The keys about tasks that wait for others."""
    patterns = ("celeriac:followers:*", "celeriac:blockers:*", "celeriac:releasing")
    return [str(key) for pattern in patterns for key in redis.scan_iter(pattern)]


def records(redis: Redis) -> set[str]:
    """The records of all tasks, and what is about tasks that wait for others."""
    return {str(key) for key in redis.scan_iter("celeriac:task:*")} | set(left_over(redis))


def test_a_task_is_blocked_until_those_that_it_waits_for_have_succeeded(
    client: httpx.Client, tmp_path: Path
) -> None:
    gates = [tmp_path / "one", tmp_path / "two"]
    first, second = (submit(client, "hold", until=str(gate)) for gate in gates)
    task = after(client, first, second, first)
    waits_for = {"count": 2, "tasks": [first["task_id"], second["task_id"]], "key": None, "ahead": None}
    assert (task["state"], task["ready"], task["blocked_by"]) == ("blocked", False, waits_for)
    gates[0].touch()
    ended(client, first)
    now = shown(client, task)
    assert (now["state"], now["blocked_by"]) == (
        "blocked",
        {"count": 1, "tasks": [second["task_id"]], "key": None, "ahead": None},
    )
    gates[1].touch()
    at_end = ended(client, task)
    assert (at_end["state"], at_end["result"], at_end["blocked_by"]) == ("succeeded", 9, None)
    assert at_end["started_at"] >= shown(client, second)["ended_at"]


@pytest.mark.parametrize(
    ("options", "states"),
    [
        ({}, ["blocked", "queued", "running", "succeeded"]),
        ({"delay": "0.1"}, ["blocked", "scheduled", "queued", "running", "succeeded"]),
    ],
)
def test_it_is_blocked_first_for_those_who_follow_it_and_those_who_come_later(
    options: dict[str, str], states: list[str], client: httpx.Client, tmp_path: Path
) -> None:
    first = submit(client, "hold", until=str(tmp_path / "gate"))
    query = {"after": first["task_id"], **options}
    watched, alone = (document(client.post("/add", json={"x": 4, "y": 5}, params=query)) for _ in range(2))
    events = watch(client, watched["links"]["events"])
    during = [next(events)]
    (tmp_path / "gate").touch()
    during += events
    assert [event.data["state"] for event in during[:-1]] == states
    ended(client, alone)
    later = list(watch(client, alone["links"]["events"]))
    assert [event.data["state"] for event in later[:-1]] == states


def test_what_has_ended_before_counts_as_met(client: httpx.Client) -> None:
    first = run(client, "add", x=1, y=1)
    task = after(client, first)
    assert (task["state"], task["blocked_by"]) == ("queued", None)
    assert ended(client, task)["result"] == 9


@pytest.mark.parametrize(
    ("when", "name", "state"),
    [
        ("succeeded", "add", "succeeded"),
        ("succeeded", "fail", "cancelled"),
        ("failed", "add", "cancelled"),
        ("failed", "fail", "succeeded"),
        ("ended", "add", "succeeded"),
        ("ended", "fail", "succeeded"),
    ],
)
def test_it_runs_when_the_other_has_ended_as_it_should_and_never_otherwise(
    when: str, name: str, state: str, client: httpx.Client
) -> None:
    first = submit_with(
        client, f"/{name}?delay=0.3", **({"x": 1, "y": 1} if name == "add" else {"message": "no"})
    )
    waiting = after(client, first, when=when)
    assert waiting["state"] == "blocked"
    other = ended(client, first)
    for task in (waiting, after(client, other, when=when)):
        at_end = ended(client, task)
        assert at_end["state"] == state, at_end
        if state == "cancelled":
            assert (at_end["error"]["type"], at_end["attempt"]) == ("DependencyFailed", 0)
            assert f"task {first['task_id']} to {when.removesuffix('ed')[:4]}" in at_end["error"]["message"]
            assert other["state"] in at_end["error"]["message"]


def test_a_failure_cancels_exactly_what_depends_on_it(client: httpx.Client) -> None:
    root = submit_with(client, "/add?delay=0.3", x=1, y=1)
    bad = after(client, root, name="fail", input={"message": "no"})
    good = after(client, root)
    below = [after(client, bad)]
    for _ in range(5):
        below.append(after(client, below[-1], good))
    handler = after(client, below[-1], when="failed")
    assert [ended(client, task)["state"] for task in below] == ["cancelled"] * len(below)
    assert [ended(client, task)["state"] for task in (root, bad, good)] == [
        "succeeded",
        "failed",
        "succeeded",
    ]
    assert ended(client, handler)["result"] == 9
    assert bad["task_id"] in shown(client, below[0])["error"]["message"]
    assert below[0]["task_id"] in shown(client, below[1])["error"]["message"]


def test_of_the_short_routes_it_is_a_parameter(client: httpx.Client) -> None:
    first, second = (submit_with(client, "/add?delay=0.2", x=n, y=n) for n in (1, 2))
    task = submit_with(
        client, f"/add?after={first['task_id']}&after={second['task_id'].upper()}&when=ended", x=4, y=5
    )
    assert task["blocked_by"] == {
        "count": 2,
        "tasks": [first["task_id"], second["task_id"]],
        "key": None,
        "ahead": None,
    }
    assert document(client.get(task["links"]["self"], params={"wait": 30}))["result"] == 9


@pytest.mark.parametrize(
    "options",
    [{"delay": "60"}, {"eta": f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}],
    ids=["delay", "eta"],
)
def test_a_delay_begins_at_the_release_and_an_eta_is_a_moment(
    options: dict[str, str], quiet: httpx.Client, quiet_redis: Redis
) -> None:
    first = submit(quiet, "unserved")
    query = {"after": first["task_id"], "when": "ended", **options}
    task = document(quiet.post("/add", json={"x": 4, "y": 5}, params=query))
    assert (task["state"], task["due_at"] is not None) == ("blocked", "eta" in options)
    at_end = document(cancel(quiet, first))
    now = shown(quiet, task)
    assert (now["state"], now["blocked_by"]) == ("scheduled", None)
    if "eta" in options:
        assert now["due_at"] == task["due_at"]
    else:
        assert moment(now["due_at"]) - moment(at_end["ended_at"]) == timedelta(seconds=60)
    cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_a_blocked_task_expires(quiet: httpx.Client, quiet_redis: Redis) -> None:
    first = submit(quiet, "unserved")
    task = document(
        quiet.post("/add", json={"x": 4, "y": 5}, params={"after": first["task_id"], "expires": "0.2"})
    )
    assert in_state(quiet, task, "expired")["blocked_by"] is None
    assert left_over(quiet_redis) == []
    cancel(quiet, first)


def test_a_blocked_task_is_listed_cancelled_and_not_purged(quiet: httpx.Client, quiet_redis: Redis) -> None:
    first = submit(quiet, "unserved")
    task, other = after(quiet, first), after(quiet, first)
    below = after(quiet, task)
    listed = document(quiet.get("/tasks", params={"state": "blocked", "name": "add"}))["items"]
    assert [each["task_id"] for each in listed] == [each["task_id"] for each in (below, other, task)]
    assert listed[0]["blocked_by"] == {"count": 1, "tasks": [task["task_id"]], "key": None, "ahead": None}
    assert 'celeriac_tasks{name="add",state="blocked"} 3' in quiet.get("/metrics").text.replace(".0", "")
    quiet.post("/queues/default/purge")
    assert shown(quiet, task)["state"] == "blocked"
    assert problem_of(quiet.delete(task["links"]["self"])) == (409, "task-not-ended")
    assert problem_of(quiet.post(task["links"]["retry"])) == (409, "task-not-ended")
    assert document(cancel(quiet, task))["state"] == "cancelled"
    assert shown(quiet, below)["error"]["type"] == "DependencyFailed"
    again = document(quiet.post(task["links"]["retry"]))
    assert (again["state"], again["blocked_by"]) == ("queued", None)
    cancel(quiet, first)
    assert shown(quiet, other)["state"] == "cancelled"
    cancel(quiet, again)
    assert left_over(quiet_redis) == []


def test_a_purge_releases_and_cancels_what_waits_for_the_purged(quiet: httpx.Client) -> None:
    first = submit(quiet, "unserved")
    cleaner, task = after(quiet, first, when="ended"), after(quiet, first)
    quiet.post("/queues/unserved/purge")
    assert [shown(quiet, each)["state"] for each in (cleaner, task)] == ["queued", "cancelled"]
    cancel(quiet, cleaner)


def test_a_forgotten_or_unknown_task_is_no_dependency_and_nothing_is_written(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    gone = submit(quiet, "add", x=4, y=5)
    cancel(quiet, gone)
    assert quiet.delete(gone["links"]["self"]).status_code == 204
    open_one = submit(quiet, "unserved")
    for task_id in (UNKNOWN, gone["task_id"]):
        before = records(quiet_redis)
        response = quiet.post("/tasks", json={**ADD, "after": [open_one["task_id"], task_id]})
        assert problem_of(response) == (422, "dependency-not-found")
        assert document(response)["dependency"] == task_id
        assert records(quiet_redis) == before
        own = str(uuid4())
        assert problem_of(quiet.put(f"/tasks/{own}", json={**ADD, "after": [own]})) == (
            422,
            "dependency-not-found",
        )
    cancel(quiet, open_one)


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"after": []}, "/after"),
        ({"after": ["x"]}, "/after/0"),
        ({"after": UNKNOWN}, "/after"),
        ({"after": [UNKNOWN] * 1_001}, "/after"),
        ({"after": [UNKNOWN], "when": "done"}, "/when"),
        ({"when": "ended"}, "/when"),
    ],
)
def test_what_makes_no_sense_is_refused(options: Document, pointer: str, quiet: httpx.Client) -> None:
    response = quiet.post("/tasks", json={**ADD, **options})
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("query", ["after=x", "after=", f"after={UNKNOWN}&when=done", "when=ended"])
def test_a_parameter_that_makes_no_sense_is_refused(query: str, quiet: httpx.Client) -> None:
    response = quiet.post(f"/add?{query}", json={"x": 4, "y": 5})
    assert problem_of(response) == (422, "invalid-input")
    response = quiet.post(f"/tasks?after={UNKNOWN}", json={**ADD, "after": [UNKNOWN]})
    assert problem_of(response) == (422, "invalid-input")


def test_a_repeated_submission_is_one_task_and_its_dependencies_count(quiet: httpx.Client) -> None:
    first, second = (submit(quiet, "unserved") for _ in range(2))
    ids = [first["task_id"], second["task_id"]]
    key = {"Idempotency-Key": str(uuid4())}
    task = document(quiet.post("/tasks", json={**ADD, "after": ids}, headers=key))
    again = quiet.post("/tasks", json={**ADD, "after": [*ids[::-1], ids[0]]}, headers=key)
    assert (again.headers["Idempotent-Replayed"], document(again)) == (
        "true",
        task | {"blocked_by": document(again)["blocked_by"]},
    )
    for other in ({"after": ids[:1]}, {"after": ids, "when": "ended"}, {}):
        response = quiet.post("/tasks", json={**ADD, **other}, headers=key)
        assert problem_of(response) == (422, "idempotency-conflict")
    for each in (task, first, second):
        cancel(quiet, each)


def test_many_that_wait_for_one_are_all_released_each_once(client: httpx.Client, tmp_path: Path) -> None:
    gate, trace = tmp_path / "gate", tmp_path / "trace"
    first = submit(client, "hold", until=str(gate))
    tasks = [
        after(client, first, name="append", input={"file": str(trace), "line": str(number)})
        for number in range(130)
    ]
    last = after(client, *tasks)
    assert (last["blocked_by"]["count"], len(last["blocked_by"]["tasks"])) == (130, 20)
    gate.touch()
    assert ended(client, last)["result"] == 9
    lines = trace.read_text().splitlines()
    assert sorted(map(int, lines)) == list(range(130))
