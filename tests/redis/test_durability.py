"""What an answer waits for, and which Redis is not durable enough."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import document, problem_of, submit

ADD = {"x": 4, "y": 5}


@contextmanager
def door(
    directory: Path, options: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[httpx.Client]:
    """A client of an API on a Valkey with these options of its own."""
    with (
        Valkey(directory / "valkey", options=options) as server,
        running_api(directory, redis_url=server.url, **settings) as api,
        api.client() as client,
    ):
        yield client


def test_with_fsync_each_answer_comes_when_the_disk_has_it(tmp_path: Path) -> None:
    with (
        door(tmp_path, {"appendfsync": "everysec"}, durability="fsync") as client,
        ThreadPoolExecutor(20) as pool,
    ):
        answers = list(pool.map(lambda _: client.post("/add", json=ADD), range(40)))
        assert {answer.status_code for answer in answers} == {202}
        assert client.get("/readyz").status_code == 200


def test_with_fsync_and_no_append_only_file_a_submission_is_in_doubt(tmp_path: Path) -> None:
    with door(tmp_path, {"appendonly": "no"}, durability="fsync", allow_unsafe_redis=True) as client:
        response = client.post("/add", json=ADD)
        assert problem_of(response) == (503, "submission-in-doubt")
        assert document(client.get(response.headers["location"]))["state"] == "queued"


def test_with_replica_a_submission_is_in_doubt_until_there_is_one(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "primary") as primary,
        Valkey(tmp_path / "replica") as replica,
        running_api(tmp_path, redis_url=primary.url, durability="replica") as api,
        api.client() as client,
        Redis.from_url(replica.url) as second,
    ):
        response = client.post("/add", json=ADD)
        assert problem_of(response) == (503, "submission-in-doubt")
        assert document(client.get(response.headers["location"]))["state"] == "queued"
        assert problem_of(client.get("/readyz")) == (503, "redis-unsafe")
        second.replicaof("127.0.0.1", str(primary.port))
        wait_until(lambda: client.get("/readyz").status_code == 200)
        wait_until(lambda: client.post("/add", json=ADD).status_code == 202)
        task = submit(client, "add", **ADD)
        assert second.exists(f"celeriac:task:{task['task_id']}")


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy allkeys-lru"),
        ({"appendonly": "no"}, "set appendonly yes"),
    ],
)
def test_a_redis_that_would_lose_tasks_is_not_ready_unless_it_is_allowed(
    option: dict[str, str], reason: str, tmp_path: Path
) -> None:
    with Valkey(tmp_path / "valkey", options=option) as server:
        with running_api(tmp_path, redis_url=server.url) as api, api.client() as client:
            response = client.get("/readyz")
            assert problem_of(response) == (503, "redis-unsafe")
            assert reason in document(response)["detail"]
        allowed = running_api(tmp_path, redis_url=server.url, allow_unsafe_redis=True)
        with allowed as api, api.client() as client:
            assert client.get("/readyz").status_code == 200
