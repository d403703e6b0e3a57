"""Redis answers and refuses: full, read-only, or with a foreign value."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import document, submit

ADD = {"x": 4, "y": 5}


@pytest.fixture(scope="module")
def redis(directory: Path) -> Iterator[Redis]:
    """A Valkey of these tests' own, that they may set as they like."""
    with Valkey(directory / "refusing") as server, Redis.from_url(server.url) as client:
        yield client


@pytest.fixture(scope="module")
def door(redis: Redis, directory: Path) -> Iterator[httpx.Client]:
    """An API on it."""
    port = redis.connection_pool.connection_kwargs["port"]
    with running_api(directory, redis_url=f"redis://127.0.0.1:{port}/0") as api, api.client() as client:
        yield client


def test_when_it_is_full_nothing_is_accepted_and_what_is_there_can_be_read(
    door: httpx.Client, redis: Redis
) -> None:
    task = submit(door, "add", **ADD)
    before = set(redis.keys("celeriac:task:*"))
    redis.config_set("maxmemory", 1)
    refused = door.post("/add", json=ADD)
    read = door.get(task["links"]["self"])
    redis.config_set("maxmemory", 0)
    assert refused.status_code == 503
    assert document(refused)["type"] == "urn:celeriac:problem:redis-refuses"
    assert set(redis.keys("celeriac:task:*")) == before
    assert document(read) == task
    assert door.post("/add", json=ADD).status_code == 202


def test_when_it_is_a_replica_nothing_is_accepted_and_it_is_not_ready(
    door: httpx.Client, redis: Redis
) -> None:
    redis.replicaof("127.0.0.1", 1)
    refused = door.post("/add", json=ADD)
    redis.replicaof("NO", "ONE")
    assert refused.status_code == 503
    assert wait_until(lambda: door.post("/add", json=ADD).status_code == 202)


def test_when_it_has_forgotten_our_scripts_they_are_sent_again(door: httpx.Client, redis: Redis) -> None:
    task = submit(door, "add", **ADD)
    for forget in (redis.script_flush, lambda: redis.execute_command("FUNCTION FLUSH")):
        forget()
        assert submit(door, "add", **ADD)["state"] == "queued"
        forget()
        assert door.get(task["links"]["self"]).status_code == 200


def test_when_it_has_dropped_all_connections_the_next_request_is_none_the_wiser(
    door: httpx.Client, redis: Redis
) -> None:
    task = submit(door, "add", **ADD)
    redis.client_kill_filter(_type="normal", skipme=True)
    assert door.get(task["links"]["self"]).status_code == 200
    assert door.post("/add", json=ADD).status_code == 202


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("celeriac:names", "/add"),
        ("celeriac:queues", "/add"),
        ("celeriac:events", "/add"),
        ("celeriac:tasks", "/add"),
        ("celeriac:tasks:queued:add", "/add"),
        ("celeriac:waiting:default", "/add"),
        ("celeriac:paused", "/add"),
        ("default", "/add"),
        ("celeriac:due", "/add?delay=1000"),
        ("celeriac:deadlines", "/add?expires=1000"),
    ],
)
def test_where_somebody_elses_key_has_one_of_our_names_nothing_half_written_stays(
    quiet: httpx.Client, quiet_redis: Redis, key: str, path: str
) -> None:
    quiet_redis.set(key, "somebody's")
    refused = quiet.post(path, json=ADD, headers={"Idempotency-Key": "one"})
    assert (refused.status_code, quiet_redis.get(key)) == (503, b"somebody's")
    of_no_task = {"clock", "envelopes", "events", "kept", "names", "queues", "sweeps"}
    assert {*quiet_redis.scan_iter()} - {f"celeriac:{name}".encode() for name in of_no_task} <= {key.encode()}
    assert key == "celeriac:events" or not quiet_redis.xlen("celeriac:events")

    quiet_redis.delete(key)
    accepted = quiet.post(path, json=ADD, headers={"Idempotency-Key": "one"})
    assert accepted.status_code == 202
    assert "Idempotent-Replayed" not in accepted.headers
    assert quiet_redis.llen("default") == (path == "/add" or "expires" in path)


def becomes_text(redis: Redis, task_id: str) -> None:
    redis.set(f"celeriac:task:{task_id}", "x")


def becomes_list(redis: Redis, task_id: str) -> None:
    redis.delete(f"celeriac:task:{task_id}")
    redis.lpush(f"celeriac:task:{task_id}", "x")


def has_list_as_result(redis: Redis, task_id: str) -> None:
    redis.lpush(f"celery-task-meta-{task_id}", "x")


def has_unknown_state(redis: Redis, task_id: str) -> None:
    redis.hset(f"celeriac:task:{task_id}", "state", "resting")


def has_text_as_attempt(redis: Redis, task_id: str) -> None:
    redis.hset(f"celeriac:task:{task_id}", "attempt", "many")


def has_no_name(redis: Redis, task_id: str) -> None:
    redis.hdel(f"celeriac:task:{task_id}", "name")


@pytest.mark.parametrize(
    ("breaks", "status"),
    [
        (becomes_text, 503),
        (becomes_list, 503),
        (has_list_as_result, 503),
        (has_unknown_state, 500),
        (has_text_as_attempt, 500),
        (has_no_name, 404),
    ],
)
def test_a_broken_record_spoils_no_other_that_is_asked_for_at_the_same_time(
    door: httpx.Client, redis: Redis, breaks: Callable[[Redis, str], None], status: int
) -> None:
    good, broken = submit(door, "add", **ADD), submit(door, "add", **ADD)
    breaks(redis, broken["task_id"])
    links = [broken["links"]["self"], good["links"]["self"]] * 50
    with ThreadPoolExecutor(20) as threads:
        answers = [answer.status_code for answer in threads.map(door.get, links)]
    assert answers == [status, 200] * 50
