"""What has ended is forgotten after its time, what has not never is; and no key stays without a reason."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.model.states import FINAL, State
from celeriac.ledger.store import keys
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, in_state, problem_of, run, shown, submit, submit_with

UNKNOWN = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
# Keys that may be without a TTL, each with the reason that celeriac/ledger/store/keys.py gives.
STAY = {
    "celeriac:task:*": "while the task is open",
    "celeriac:events:*": "while the task is open",
    "celeriac:events": "one stream of bounded length",
    "celeriac:totals": "one field a name and state",
    "celeriac:times": "one field a bucket",
    "celeriac:tasks": "as many members as there are records",
    "celeriac:tasks:*": "as many members as there are records",
    "celeriac:names": "one member a definition",
    "celeriac:envelopes": "one field a definition and its limits",
    "celeriac:queues": "one member a queue",
    "celeriac:waiting:*": "gone when empty",
    "celeriac:running": "gone when empty",
    "celeriac:due": "gone when empty",
    "celeriac:deadlines": "gone when empty",
    "celeriac:ended": "as many members as there are ended tasks",
    "celeriac:clock": "one number",
    "celeriac:kept": "one number",
    "celeriac:sweeps": "one field a queue",
    "celeriac:workers": "the keeper removes old members",
    "celeriac:serving": "one field a queue",
    "default": "a queue, gone when empty",
    "unserved": "a queue, gone when empty",
    "_kombu.binding*": "Celery's own, one a queue",
}


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
        assert task["expires_at"] > task["finished_at"]
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
        own_redis.lpush("default", "poison")
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
        assert kinds_without_reason(own_redis) == set()
        mortal = {key.decode().rpartition(":")[0] for key in own_redis.scan_iter() if own_redis.ttl(key) > 0}
    assert mortal >= {
        "celeriac:task",
        "celeriac:gone",
        "celeriac:idempotency",
        "celeriac:poison",
        "celeriac:worker",
    }


def kinds_without_reason(redis: Redis) -> set[str]:
    """The keys that have no TTL, and are none of those that may stay."""
    immortal = {key.decode() for key in redis.scan_iter() if redis.ttl(key) == -1}
    of_tasks = {key for key in immortal if key.startswith(("celeriac:task:", "celeriac:events:"))}
    ended_ones = {key for key in of_tasks if state_of(redis, key.rpartition(":")[2]) in FINAL}
    return ended_ones | {key for key in immortal if not any(fnmatch(key, pattern) for pattern in STAY)}


def state_of(redis: Redis, task_id: str) -> State:
    """The state in this task's record."""
    (state,) = redis.hmget(f"celeriac:task:{task_id}", ["state"])
    assert isinstance(state, bytes)
    return State(state.decode())
