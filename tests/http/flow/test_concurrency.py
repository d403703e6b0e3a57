"""`concurrency`: at most a number of tasks of a key are queued or run."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.http.events.test_events import watch
from tests.http.flow.submitting import accepted, fresh, left_over, post
from tests.support.door import Document, cancel, document, ended, in_state, problem_of, shown

ONE = {"limit": 1}


def many(client: httpx.Client, count: int, /, **options: Any) -> list[Document]:
    """So many tasks with these options."""
    return [accepted(client, "unserved", **options) for _ in range(count)]


def states(client: httpx.Client, tasks: list[Document]) -> list[str]:
    """The states of these tasks now."""
    return [shown(client, task)["state"] for task in tasks]


def held_by(task: Document) -> tuple[str, str, int]:
    """The state of a task, the key that holds it, and how many are ahead."""
    return task["state"], task["blocked_by"]["key"], task["blocked_by"]["ahead"]


def test_the_rest_waits_in_order_and_takes_the_place_of_those_that_end(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    concurrency = {**fresh(), "limit": 2}
    tasks = many(quiet, 5, concurrency=concurrency)
    assert [task["state"] for task in tasks] == ["queued"] * 2 + ["blocked"] * 3
    assert [held_by(task) for task in tasks[2:]] == [
        ("blocked", concurrency["key"], ahead) for ahead in range(3)
    ]
    assert quiet_redis.llen("unserved") == 2
    cancel(quiet, tasks[3])
    cancel(quiet, tasks[0])
    assert states(quiet, tasks) == ["cancelled", "queued", "queued", "cancelled", "blocked"]
    assert held_by(shown(quiet, tasks[4]))[2] == 0
    assert quiet_redis.llen("unserved") == 3
    for task in tasks:
        cancel(quiet, task)
    assert states(quiet, tasks) == ["cancelled"] * 5
    assert left_over(quiet_redis) == []
    assert quiet_redis.exists("celeriac:limits") == 0


def test_it_starts_in_the_step_that_ends_the_one_before(client: httpx.Client, tmp_path: Path) -> None:
    concurrency = {**fresh(), **ONE}
    first, second = (
        accepted(client, "hold", input={"until": str(tmp_path / name)}, concurrency=concurrency)
        for name in "ab"
    )
    in_state(client, first, "running")
    assert shown(client, second)["state"] == "blocked"
    events = watch(client, second["links"]["events"])
    during = [next(events)]
    for name in "ab":
        (tmp_path / name).touch()
    during += events
    assert [event.data["state"] for event in during[:-1]] == ["blocked", "queued", "running", "succeeded"]
    assert ended(client, second)["started_at"] >= ended(client, first)["ended_at"]


def test_a_slot_is_kept_until_the_next_attempt(client: httpx.Client) -> None:
    concurrency = {**fresh(), **ONE}
    first = accepted(client, "retry_in_an_hour", concurrency=concurrency)
    second = accepted(client, concurrency=concurrency)
    in_state(client, first, "retrying")
    assert held_by(shown(client, second)) == ("blocked", concurrency["key"], 0)
    cancel(client, first)
    assert ended(client, second)["result"] == 9


def test_one_more_is_refused(quiet: httpx.Client, quiet_redis: Redis) -> None:
    concurrency = {**fresh(), **ONE, "else": "refuse"}
    first = accepted(quiet, concurrency=concurrency)
    answer = post(quiet, concurrency=concurrency)
    assert problem_of(answer) == (409, "concurrency-limit")
    assert (document(answer)["key"], document(answer)["limit"]) == (concurrency["key"], 1)
    cancel(quiet, first)
    cancel(quiet, accepted(quiet, concurrency=concurrency))
    assert left_over(quiet_redis) == []


def test_one_whose_time_comes_when_there_is_no_slot_ends(client: httpx.Client, tmp_path: Path) -> None:
    concurrency = {**fresh(), **ONE, "else": "refuse"}
    later = accepted(client, concurrency=concurrency, delay=0.4)
    first = accepted(client, "hold", input={"until": str(tmp_path / "gate")}, concurrency=concurrency)
    at_end = ended(client, later)
    assert (at_end["state"], at_end["error"]["type"]) == ("cancelled", "ConcurrencyLimit")
    (tmp_path / "gate").touch()
    ended(client, first)


def test_the_newest_takes_the_place_of_the_oldest(quiet: httpx.Client, quiet_redis: Redis) -> None:
    concurrency = {**fresh(), "limit": 2, "else": "cancel_running"}
    tasks = many(quiet, 4, concurrency=concurrency)
    assert [task["state"] for task in tasks] == ["queued"] * 2 + ["blocked"] * 2
    assert states(quiet, tasks) == ["cancelled"] * 2 + ["queued"] * 2
    error = shown(quiet, tasks[0])["error"]
    assert (error["type"], tasks[2]["task_id"] in error["message"]) == ("Superseded", True)
    for task in tasks:
        cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_one_that_runs_is_ended_and_the_newest_follows(client: httpx.Client, tmp_path: Path) -> None:
    concurrency = {**fresh(), **ONE, "else": "cancel_running"}
    first, second, third = (
        accepted(client, "hold", input={"until": str(tmp_path / name)}, concurrency=concurrency)
        for name in "abc"
    )
    (tmp_path / "c").touch()
    assert ended(client, third)["state"] == "succeeded"
    assert [shown(client, task)["state"] for task in (first, second)] == ["cancelled"] * 2


def test_those_that_wait_are_cancelled_for_the_newest(quiet: httpx.Client, quiet_redis: Redis) -> None:
    concurrency = {**fresh(), **ONE}
    tasks = many(quiet, 4, concurrency=concurrency)
    tasks += many(quiet, 2, concurrency={**concurrency, "else": "cancel_waiting"})
    assert states(quiet, tasks) == ["queued"] + ["cancelled"] * 4 + ["blocked"]
    for task in tasks:
        cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_more_than_one_script_cancels_are_cancelled_by_the_keeper(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    concurrency = {**fresh(), **ONE}
    tasks = many(quiet, 130, concurrency=concurrency)
    newest = accepted(quiet, concurrency={**concurrency, "else": "cancel_waiting"})
    for task in tasks[1:]:
        in_state(quiet, task, "cancelled")
    assert held_by(shown(quiet, newest))[2] == 0
    for task in (tasks[0], newest):
        cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_after_and_delay_come_first(client: httpx.Client, tmp_path: Path) -> None:
    concurrency = {**fresh(), **ONE}
    gate = {"until": str(tmp_path / "gate")}
    first = accepted(client, "hold", input=gate)
    task = accepted(client, after=[first["task_id"]], delay=0.2, concurrency=concurrency)
    holder = accepted(client, "hold", input={"until": str(tmp_path / "slot")}, concurrency=concurrency)
    assert (holder["state"], task["blocked_by"]["tasks"]) == ("queued", [first["task_id"]])
    (tmp_path / "gate").touch()
    in_state(client, task, "scheduled")
    now = in_state(client, task, "blocked")
    assert held_by(now) == ("blocked", concurrency["key"], 0)
    (tmp_path / "slot").touch()
    ended(client, task)
    states = [event.data["state"] for event in watch(client, task["links"]["events"])][:-1]
    assert states == ["blocked", "scheduled", "blocked", "queued", "running", "succeeded"]


def test_one_that_waits_expires(client: httpx.Client, tmp_path: Path) -> None:
    concurrency = {**fresh(), **ONE}
    first = accepted(client, "hold", input={"until": str(tmp_path / "gate")}, concurrency=concurrency)
    second = accepted(client, concurrency=concurrency, expires=0.2)
    third = accepted(client, concurrency=concurrency)
    assert in_state(client, second, "expired")["attempt"] == 0
    (tmp_path / "gate").touch()
    ended(client, first)
    assert ended(client, third)["result"] == 9


def test_a_hundred_go_through_one_slot(client: httpx.Client, redis: Redis) -> None:
    key = fresh()["key"]
    tasks = [accepted(client, concurrency={"key": key, **ONE}) for _ in range(100)]
    documents = [ended(client, task) for task in tasks]
    assert [each["state"] for each in documents] == ["succeeded"] * 100
    spans = [(each["started_at"], each["ended_at"]) for each in documents]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert not [found for found in redis.scan_iter("celeriac:slot_*") if key in str(found)]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"concurrency": {"key": "k"}}, "/concurrency/limit"),
        ({"concurrency": {"key": "k", "limit": 0}}, "/concurrency/limit"),
        ({"concurrency": {"key": "k", "limit": "1"}}, "/concurrency/limit"),
        ({"concurrency": {"key": "k", "limit": 100_001}}, "/concurrency/limit"),
        ({"concurrency": {"key": "k", "limit": 1, "else": "return"}}, "/concurrency/else"),
        ({"concurrency": {"key": "/z", "limit": 1}}, "/input/z"),
        ({"throttle": {"key": "k"}}, "/throttle/rate"),
        ({"throttle": {"key": "k", "rate": "0/s"}}, "/throttle/rate"),
        ({"throttle": {"key": "k", "rate": "5/w"}}, "/throttle/rate"),
        ({"throttle": {"key": "k", "rate": "100001/s"}}, "/throttle/rate"),
        ({"throttle": {"key": "k", "rate": 5}}, "/throttle/rate"),
        ({"throttle": {"key": "k", "rate": "5/s", "burst": 0}}, "/throttle/burst"),
        ({"debounce": {"key": "k", "quiet": "PT1S"}}, "/debounce/at_most"),
        ({"debounce": {"key": "k", "quiet": "PT2S", "at_most": "PT1S"}}, "/debounce"),
        ({"debounce": {"key": "k", "quiet": "PT1S", "at_most": "PT1S"}, "delay": 1}, "/delay"),
    ],
)
def test_what_makes_no_sense_is_refused_too(options: Document, pointer: str, quiet: httpx.Client) -> None:
    answer = post(quiet, **options)
    assert problem_of(answer) == (422, "invalid-input"), answer.text
    assert document(answer)["errors"][0]["pointer"] == pointer
