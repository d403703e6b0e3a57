"""Ended tasks expire after their time, and no key stays without a reason."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, in_state, problem_of, run, shown, submit, submit_with
from tests.support.suite.expiry import keys_without_reason

UNKNOWN = str(uuid4())


def test_a_result_is_kept_for_its_time_then_gone_then_unknown(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"redis_url": own_url, "result_ttl": 1, "tombstone_ttl": 1}
    with (
        running_worker(tmp_path, "-Q", "default", **settings),
        running_api(tmp_path, **settings) as api,
        api.client() as client,
    ):
        task = run(client, "add", x=4, y=5)
        waiting = submit(client, "unserved")
        assert task["expires_at"] > task["ended_at"]
        gone = wait_until(
            lambda: response if (response := client.get(task["links"]["self"])).is_error else None
        )
        assert problem_of(gone) == (410, "task-gone")
        assert problem_of(client.get(task["links"]["result"])) == (410, "task-gone")
        wait_until(lambda: not own_redis.exists(keys.record(task["task_id"]), keys.result(task["task_id"])))
        wait_until(lambda: client.get(task["links"]["self"]).status_code == 404)
        assert not own_redis.keys(f"*{task['task_id']}*")
        assert [item["task_id"] for item in document(client.get("/tasks"))["items"]] == [waiting["task_id"]]
        assert shown(client, waiting) == waiting
        assert own_redis.ttl(f"celeriac:task:{waiting['task_id']}") == -1


def test_a_finished_task_can_be_forgotten(client: httpx.Client) -> None:
    task = run(client, "add", x=4, y=5)
    assert client.delete(task["links"]["self"]).status_code == 204
    for path in (task["links"]["self"], task["links"]["result"]):
        assert problem_of(client.get(path)) == (410, "task-gone")
    assert problem_of(cancel(client, task)) == (410, "task-gone")
    assert client.delete(task["links"]["self"]).status_code == 204
    listed = document(client.get("/tasks", params={"limit": 200}))["items"]
    assert task["task_id"] not in [item["task_id"] for item in listed]


def test_an_unfinished_task_cannot_be_forgotten_nor_an_unknown_one(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=4, y=5)
    assert problem_of(quiet.delete(task["links"]["self"])) == (409, "task-not-ended")
    assert problem_of(quiet.delete(f"/tasks/{UNKNOWN}")) == (404, "task-not-found")
    assert shown(quiet, task) == task


@pytest.mark.parametrize("query", ["expires=0", "expires=0.3", "expires=0.3&delay=600"])
def test_a_task_that_was_not_started_in_time_never_runs(
    query: str, own_client: httpx.Client, own_url: str, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    task = submit_with(own_client, f"/append?{query}", file=str(trace), line="ran")
    at_end = ended(own_client, task)
    assert (at_end["state"], at_end["successful"], at_end["attempt"]) == ("expired", False, 0)
    with running_worker(tmp_path, "-Q", "default", redis_url=own_url):
        run(own_client, "add", x=1, y=2)
    assert not trace.exists()
    assert shown(own_client, task) == at_end


def test_a_task_that_has_started_in_time_may_take_longer(client: httpx.Client, tmp_path: Path) -> None:
    task = submit_with(client, "/hold?expires=1", until=str(tmp_path / "now"))
    in_state(client, task, "running")
    other = submit_with(client, "/unserved?expires=1", x=1)
    in_state(client, other, "expired")
    (tmp_path / "now").touch()
    assert ended(client, task)["state"] == "succeeded"


def test_no_key_stays_without_a_reason(
    own_url: str, own_redis: Redis, own_client: httpx.Client, tmp_path: Path
) -> None:
    client = own_client
    with running_worker(tmp_path, "-Q", "default", redis_url=own_url):
        own_redis.lpush("default", "rejected")
        run(client, "fail", message="x")
        in_state(client, submit(client, "retry_in_an_hour"), "retrying")
        client.post(run(client, "add", x=1, y=2)["links"]["retry"])
        client.delete(run(client, "add", x=1, y=2)["links"]["self"])
        client.put(f"/tasks/{uuid4()}", json={"name": "add", "input": {"x": 1, "y": 2}})
        client.post("/add", json={"x": 1, "y": 2}, headers={"Idempotency-Key": "one"})
        submit_with(client, "/add?delay=600&expires=900", x=1, y=2)
        cancel(client, submit(client, "unserved"))
        submit(client, "unserved")
        ended(client, submit_with(client, "/unserved?expires=0"))
        run(client, "add", x=1, y=2)
        assert keys_without_reason(own_redis) == set()
        mortal = {key.decode().rpartition(":")[0] for key in own_redis.scan_iter() if own_redis.ttl(key) > 0}
    assert mortal >= {
        "celeriac:task",
        "celeriac:gone",
        "celeriac:idempotency",
        "celeriac:rejected",
        "celeriac:worker",
    }


def test_a_key_without_a_reason_is_found(own_redis: Redis) -> None:
    own_redis.hset("celeriac:task:1", "state", "succeeded")
    own_redis.hset("celeriac:task:2", "state", "queued")
    own_redis.set("celeriac:idempotency:1", "")
    own_redis.set("celeriac:gone:1", "", ex=10)
    assert keys_without_reason(own_redis) == {"celeriac:task:1", "celeriac:idempotency:1"}
    own_redis.flushdb()
