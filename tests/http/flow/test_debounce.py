"""`debounce`: after a quiet time, the last task of a series runs."""

from datetime import datetime
from itertools import pairwise

import httpx
from redis import Redis

from tests.http.flow.submitting import accepted, fresh, left_over
from tests.support.door import Document, cancel, ended, in_state, shown


def due(task: Document) -> float:
    """How many seconds after its creation a task is due."""
    return (
        datetime.fromisoformat(task["due_at"]) - datetime.fromisoformat(task["created_at"])
    ).total_seconds()


def test_the_next_one_takes_the_place_of_the_one_before_and_the_last_one_runs(
    client: httpx.Client, redis: Redis
) -> None:
    debounce = {**fresh(), "quiet": "PT0.4S", "at_most": "PT1H"}
    tasks = [accepted(client, debounce=debounce) for _ in range(5)]
    for task, follower in pairwise(tasks):
        at_end = shown(client, task)
        assert (at_end["state"], at_end["error"]["type"]) == ("cancelled", "Superseded")
        assert follower["task_id"] in at_end["error"]["message"]
    assert (tasks[4]["state"], round(due(tasks[4]), 3)) == ("scheduled", 0.4)
    at_end = ended(client, tasks[4])
    assert at_end["result"] == 9
    assert at_end["started_at"] >= tasks[4]["due_at"]
    another = accepted(client, debounce=debounce)
    assert shown(client, tasks[4])["state"] == "succeeded"
    cancel(client, another)
    assert not [key for key in left_over(redis) if debounce["key"] in key]


def test_a_series_lasts_no_longer_than_it_may(quiet: httpx.Client, quiet_redis: Redis) -> None:
    debounce = {**fresh(), "quiet": "PT50S", "at_most": "PT1M"}
    first = accepted(quiet, debounce=debounce)
    assert round(due(first), 3) == 50
    begun = int(datetime.fromisoformat(first["created_at"]).timestamp() * 1_000_000) - 30_000_000
    quiet_redis.set(f"celeriac:debounce::{debounce['key']}", f"{begun} {first['task_id']}")
    second = accepted(quiet, debounce=debounce)
    assert 28 < due(second) <= 30
    quiet_redis.set(f"celeriac:debounce::{debounce['key']}", f"{begun - 30_000_000} {second['task_id']}")
    third = accepted(quiet, debounce=debounce)
    assert (third["state"], third["due_at"]) == ("queued", None)
    assert shown(quiet, second)["state"] == "cancelled"
    fourth = accepted(quiet, debounce=debounce)
    assert round(due(fourth), 3) == 50
    for task in (third, fourth):
        cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_the_quiet_time_of_one_that_waits_for_others_begins_at_their_end(client: httpx.Client) -> None:
    debounce = {**fresh(), "quiet": "PT0.3S", "at_most": "PT1M"}
    first = accepted(client, "unserved", input={})
    task, last = (
        accepted(client, after=[first["task_id"]], when="ended", debounce=debounce) for _ in range(2)
    )
    assert [shown(client, each)["state"] for each in (task, last)] == ["cancelled", "blocked"]
    cancel(client, first)
    now = in_state(client, last, "scheduled")
    assert due(now) > 0.3
    assert ended(client, last)["result"] == 9
