"""`throttle`: tasks of a key start at a rate."""

from datetime import datetime

import httpx
from redis import Redis

from tests.http.flow.submitting import accepted, fresh, left_over
from tests.support.door import Document, cancel, ended, shown


def started(client: httpx.Client, task: Document) -> float:
    """When a task started."""
    return datetime.fromisoformat(ended(client, task)["started_at"]).timestamp()


def queued_first(client: httpx.Client, count: int, **options: object) -> list[str]:
    """The first states of so many tasks."""
    return [accepted(client, "unserved", **options)["state"] for _ in range(count)]


def test_one_after_another_starts_at_the_rate(client: httpx.Client, redis: Redis) -> None:
    throttle = {**fresh(), "rate": "10/s"}
    tasks = [accepted(client, throttle=throttle) for _ in range(15)]
    assert [task["state"] for task in tasks[:2]] == ["queued", "blocked"]
    assert tasks[1]["blocked_by"]["key"] == throttle["key"]
    starts = sorted(started(client, task) for task in tasks)
    assert 1.3 < starts[-1] - starts[0] < 2.5
    assert not [key for key in left_over(redis, "throttled") if throttle["key"] in key]


def test_a_burst_starts_at_once(quiet: httpx.Client) -> None:
    throttle = {**fresh(), "rate": "1/h", "burst": 3}
    assert queued_first(quiet, 5, throttle=throttle) == ["queued"] * 3 + ["blocked"] * 2


def test_a_cancelled_one_leaves_no_hole(client: httpx.Client) -> None:
    throttle = {**fresh(), "rate": "4/s"}
    tasks = [accepted(client, throttle=throttle) for _ in range(20)]
    for task in tasks[1:-1]:
        cancel(client, task)
    assert started(client, tasks[-1]) - started(client, tasks[0]) < 2


def test_the_key_of_a_throttle_is_gone_after_its_last_task(quiet: httpx.Client, quiet_redis: Redis) -> None:
    throttle = {**fresh(), "rate": "1/h"}
    tasks = [accepted(quiet, "unserved", throttle=throttle) for _ in range(3)]
    for task in tasks:
        cancel(quiet, task)
    assert left_over(quiet_redis) == [str(f"celeriac:limit::{throttle['key']}".encode())]
    assert quiet_redis.zcard("celeriac:limits:due") == 1


def test_the_throttle_comes_before_the_slot(client: httpx.Client) -> None:
    throttle, concurrency = {**fresh(), "rate": "5/s"}, {**fresh(), "limit": 1}
    holder = accepted(client, "unserved", concurrency=concurrency)
    tasks = [accepted(client, throttle=throttle, concurrency=concurrency) for _ in range(3)]
    keys = [shown(client, task)["blocked_by"]["key"] for task in tasks]
    assert keys == [concurrency["key"], throttle["key"], throttle["key"]]
    cancel(client, holder)
    starts = [started(client, task) for task in tasks]
    assert starts == sorted(starts)
