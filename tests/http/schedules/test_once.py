"""Each due time is one task: with APIs and workers, after crashes, after outages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import API, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.schedules.test_schedules import SUBMIT, put
from tests.support.door import Document, document


@contextmanager
def two_apis(url: str, directory: Path) -> Iterator[tuple[API, httpx.Client]]:
    """One to be killed, and a client of the other one."""
    with (
        running_api(directory, redis_url=url) as first,
        running_api(directory, redis_url=url) as second,
        second.client() as client,
    ):
        yield first, client


def test_each_due_time_is_one_task_whatever_is_killed_at_its_second(directory: Path, tmp_path: Path) -> None:
    with (
        Valkey(tmp_path) as server,
        running_worker(directory, "-Q", "default", "-n", "one", redis_url=server.url),
        running_worker(directory, "-Q", "default", "-n", "two", redis_url=server.url),
        two_apis(server.url, directory) as (api, client),
    ):
        new = [
            put(client, f"each-{number}", every="PT1S", catch_up="all", submit=SUBMIT) for number in range(5)
        ]
        for _ in range(2):
            reached = fired(client, "each-0")
            wait_for_due_time(client, "each-0", reached + timedelta(seconds=1))
            server.restart()
            wait_for_due_time(client, "each-0", reached + timedelta(seconds=2))
        api.kill()
        reached = fired(client, "each-4")
        wait_for_due_time(client, "each-4", reached + timedelta(seconds=2))
        for schedule in new:
            assert client.post(f"/schedules/{schedule['name']}/pause").status_code == 200
        due_times = sum(
            (fired(client, schedule["name"]) - moment(schedule["next"])) // timedelta(seconds=1) + 1
            for schedule in new
        )
        with Redis.from_url(server.url) as redis:
            assert redis.zcard("celeriac:tasks") == redis.llen("unserved") == due_times


@pytest.mark.parametrize(("catch_up", "caught_up"), [("none", 0), ("last", 1), ("all", 100)])
def test_after_an_outage_what_was_missed_is_caught_up(
    own_url: str, own_redis: Redis, directory: Path, catch_up: str, caught_up: int
) -> None:
    with running_api(directory, redis_url=own_url) as api, api.client() as client:
        put(client, "hourly", every="PT1H", catch_up=catch_up, submit=SUBMIT)
    set_back(own_redis, "celeriac:schedule::hourly", timedelta(days=30))
    with running_api(directory, redis_url=own_url) as api, api.client() as client:
        wait_until(lambda: moment(shown(client, "hourly")["next"]) > datetime.now().astimezone())
        assert own_redis.llen("unserved") == caught_up


def test_a_due_time_that_a_limit_refuses_is_tried_again_and_then_has_an_error(
    own_url: str, own_redis: Redis, directory: Path
) -> None:
    with running_api(directory, redis_url=own_url, max_queue_depth=1) as api, api.client() as client:
        task = document(client.post("/unserved", json={}))
        put(client, "full", every="PT1H", submit=SUBMIT)
        set_back(own_redis, "celeriac:schedule::full", timedelta(hours=1))
        assert client.get("/schedules/full").json()["last_task_id"] is None
        assert client.post(task["links"]["cancel"]).status_code == 200
        wait_until(lambda: shown(client, "full")["last_task_id"])

        set_back(own_redis, "celeriac:schedule::full", timedelta(hours=1, minutes=2))
        error = wait_until(lambda: shown(client, "full")["error"])
        assert error["type"] == "urn:celeriac:problem:queue-full"
        assert own_redis.llen("unserved") == 2  # the message of the cancelled one, and one of the schedule


def shown(client: httpx.Client, name: str) -> Document:
    """A schedule, as soon as Redis answers."""
    response = wait_until(lambda: answer if (answer := client.get(f"/schedules/{name}")).is_success else None)
    return dict(document(response))


def fired(client: httpx.Client, name: str) -> datetime:
    """The last due time of a schedule that has a task."""
    return moment(wait_until(lambda: shown(client, name)["last_due"]))


def wait_for_due_time(client: httpx.Client, name: str, due: datetime) -> None:
    """Return when this due time of a schedule has a task, or a later one has."""
    wait_until(lambda: fired(client, name) >= due)


def moment(text: str) -> datetime:
    """The moment that is written in a document."""
    return datetime.fromisoformat(text)


def set_back(redis: Redis, key: str, duration: timedelta) -> None:
    """As if the due times since then had passed while nothing ran."""
    state = json.loads(redis.hget(key, "state") or b"{}")
    for name in ("next", "first"):
        state[name] = (moment(state[name]) - duration).isoformat()
    due = int(moment(state["next"]).timestamp() * 1_000_000)
    redis.hset(key, mapping={"state": json.dumps(state), "version": f"after {duration}", "due": due})
    redis.zadd("celeriac:schedules:due", {key.removeprefix("celeriac:schedule:"): 1})
