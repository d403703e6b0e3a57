"""Workers submit the tasks of schedules, too: without an API, and beside APIs."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.chaos.clock import IS_THERE, Clock
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.schedules.test_once import moment, set_back
from tests.http.schedules.test_schedules import SUBMIT, put
from tests.redis.test_stalls import let_keepers_come_round

SECOND = timedelta(seconds=1)


def test_while_no_api_lives_workers_submit_within_a_second_each_due_time_once(
    own_url: str, own_redis: Redis, directory: Path
) -> None:
    with (
        running_worker(directory, "-n", "one", redis_url=own_url),
        running_api(directory, redis_url=own_url) as api,
        api.client() as client,
    ):
        put(client, "each", every="PT1S", submit=SUBMIT)
        put(client, "paused", every="PT1S", submit=SUBMIT, paused=True)
        wait_for_due_times(own_redis, "each", 1)
        api.kill()
        wait_for_due_times(own_redis, "each", 2)
    check_each_once(own_redis, "each")


def test_what_a_worker_does_not_know_it_leaves_to_others_and_after_a_minute_there_is_an_error(
    own_url: str, own_redis: Redis, directory: Path
) -> None:
    with running_worker(directory, redis_url=own_url, tasks="tasks") as worker:
        with running_api(directory, redis_url=own_url) as api, api.client() as client:
            put(client, "each", every="PT1S", submit=SUBMIT)
            wait_for_due_times(own_redis, "each", 2)
            client.post("/schedules/each/pause")
            check_each_once(own_redis, "each")
            put(client, "alone", every="PT1H", submit=SUBMIT)
        set_back(own_redis, "celeriac:schedule::alone", timedelta(hours=1, minutes=2))
        error = wait_until(lambda: state_of(own_redis, "alone")["error"])
        assert error["type"] == "urn:celeriac:problem:unknown-task-name"
        assert moment(state_of(own_redis, "alone")["next"]) > datetime.now().astimezone()
        assert "Traceback" not in worker.log


@pytest.mark.skipif(not IS_THERE, reason="needs Linux and a C compiler, to set the clock of a server")
def test_a_clock_that_is_set_by_hours_doubles_no_due_time(directory: Path, tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    with (
        Valkey(tmp_path, environment=clock.environment) as server,
        Redis.from_url(server.url) as redis,
        running_worker(directory, "-Q", "default", "-n", "one", redis_url=server.url),
        running_worker(directory, "-Q", "default", "-n", "two", redis_url=server.url),
        running_api(directory, redis_url=server.url),
        running_api(directory, redis_url=server.url) as api,
        api.client() as client,
    ):
        put(client, "each", every="PT1S", submit=SUBMIT, catch_up="all")
        wait_for_due_times(redis, "each", 2)
        before = moment(state_of(redis, "each")["last_due"])
        clock.step(timedelta(hours=2))
        ahead = before + timedelta(hours=2)
        wait_until(lambda: moment(state_of(redis, "each")["last_due"]) > ahead)
        clock.step(-timedelta(hours=2))
        let_keepers_come_round(redis, 8)
        client.post("/schedules/each/pause")
        ids, last = due_ids(redis, "each"), moment(state_of(redis, "each")["last_due"])
        tasks = listed(redis)
        assert len(tasks) == len(set(tasks)) == redis.llen("unserved")
        first = moment(state_of(redis, "each")["first"]) + SECOND
        wanted = [ids[first + number * SECOND] for number in range((before - first) // SECOND + 1)]
        wanted += [ids[last - number * SECOND] for number in range(100)]
        assert set(map(str.encode, wanted)) <= set(tasks) <= set(map(str.encode, ids.values()))


def state_of(redis: Redis, name: str) -> dict[str, Any]:
    """How far a schedule has come."""
    return dict(json.loads(redis.hget(f"celeriac:schedule::{name}", "state") or b"{}"))


def wait_for_due_times(redis: Redis, name: str, count: int) -> None:
    """Return when so many more due times have a task."""
    start = state_of(redis, name)
    due = moment(start["last_due"] or start["next"]) + count * SECOND
    wait_until(lambda: (last := state_of(redis, name)["last_due"]) and moment(last) >= due)


def due_ids(redis: Redis, name: str) -> dict[datetime, str]:
    """For each due time of a schedule that is due each second, up to the last one, the id of its task."""
    plan = json.loads(redis.hget(f"celeriac:schedule::{name}", "plan") or b"{}")
    state = state_of(redis, name)
    first, last = moment(state["first"]) + SECOND, moment(state["last_due"])
    due_times = [first + number * SECOND for number in range((last - first) // SECOND + 1)]
    return {due: str(uuid5(UUID(plan["id"]), due.isoformat(timespec="microseconds"))) for due in due_times}


def check_each_once(redis: Redis, name: str) -> None:
    """Each due time of a schedule that is due each second has one task, which was accepted within a second."""
    ids = due_ids(redis, name)
    assert sorted(listed(redis)) == sorted(map(str.encode, ids.values()))
    lates = [created_at(redis, task_id) - due.timestamp() for due, task_id in ids.items()]
    assert all(0 <= late < 1 for late in lates), lates


def listed(redis: Redis) -> Sequence[bytes]:
    """The ids of all tasks."""
    return list(redis.execute_command("ZRANGE", "celeriac:tasks", 0, -1))


def created_at(redis: Redis, task_id: str) -> float:
    """When a task was accepted, in seconds since 1970."""
    return int(redis.hget(f"celeriac:task:{task_id}", "created_at") or 0) / 1_000_000
