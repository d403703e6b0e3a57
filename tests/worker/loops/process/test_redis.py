"""A loop process and a Redis that is away, refuses or has forgotten."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.connections import cut
from tests.support.door import ended, in_state, run, shown, submit
from tests.worker.loops.process.played import TASKS, PlayedWorker, played_worker


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Valkey]:
    """A Valkey of these tests' own, which forgets nothing."""
    with Valkey(directory / "of-loops", options={"appendfsync": "always"}) as server:
        yield server


@pytest.fixture(scope="module")
def redis(server: Valkey) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture(scope="module")
def door(server: Valkey, directory: Path) -> Iterator[httpx.Client]:
    """An API on it."""
    with running_api(directory, redis_url=server.url, tasks=TASKS) as api, api.client() as client:
        yield client


@pytest.fixture(scope="module")
def loop(server: Valkey, directory: Path) -> Iterator[PlayedWorker]:
    """A loop on it."""
    with played_worker(directory, redis_url=server.url) as worker:
        yield worker


@pytest.mark.usefixtures("loop")
def test_with_new_connections_it_goes_on(door: httpx.Client, redis: Redis) -> None:
    task = in_state(door, submit(door, "rest", seconds=0.5), "running")
    cut(redis)
    assert ended(door, task)["result"] == 0.5
    assert run(door, "add", x=1, y=2)["result"] == 3


@pytest.mark.usefixtures("loop")
def test_scripts_that_are_forgotten_are_sent_again(door: httpx.Client, redis: Redis) -> None:
    for forget in (redis.script_flush, lambda: redis.execute_command("FUNCTION FLUSH")):
        task = in_state(door, submit(door, "rest", seconds=0.3), "running")
        forget()
        assert ended(door, task)["result"] == 0.3


@pytest.mark.usefixtures("loop")
def test_a_task_ends_while_redis_is_full(door: httpx.Client, redis: Redis) -> None:
    task = in_state(door, submit(door, "rest", seconds=0.3), "running")
    redis.config_set("maxmemory", 1)
    wait_until(lambda: shown(door, task)["state"] == "succeeded")
    redis.config_set("maxmemory", 0)


@pytest.mark.usefixtures("loop")
def test_a_task_ends_when_redis_is_a_primary_again(door: httpx.Client, redis: Redis) -> None:
    task = in_state(door, submit(door, "rest", seconds=0.3), "running")
    redis.replicaof("127.0.0.1", 1)
    assert not wait_until(lambda: [shown(door, task)["ready"]])[0]
    redis.replicaof("NO", "ONE")
    assert ended(door, task)["result"] == 0.3


def test_a_task_ends_after_an_outage(door: httpx.Client, server: Valkey, loop: PlayedWorker) -> None:
    task = in_state(door, submit(door, "rest", seconds=0.5), "running")
    server.kill()
    wait_until(lambda: "redis is away" in loop.log)
    server.restart()
    wait_until(lambda: door.get("/readyz").status_code == 200)
    assert ended(door, task)["result"] == 0.5
    assert run(door, "add", x=1, y=2)["result"] == 3


def test_queues_can_be_on_another_server(server: Valkey, directory: Path) -> None:
    with Valkey(directory / "broker-of-loops") as broker, Redis.from_url(broker.url) as queues:
        servers = {"broker_url": broker.url, "result_backend": server.url.removesuffix("/0") + "/1"}
        with running_api(directory, tasks=TASKS, **servers) as api, api.client() as client:
            with played_worker(directory, **servers) as loop:
                assert run(client, "add", x=1, y=2)["result"] == 3
                parent = run(client, "submit_chain", x=5)
                assert ended(client, {"links": {"self": f"/tasks/{parent['result']}"}})["result"] == 16
                nothing_is_taken_without_records(client, queues, server)
                task = in_state(client, submit(client, "rest", seconds=60), "running")
                loop.stop(0)
                assert loop.wait_for_end() == 0
            assert shown(client, task)["state"] == "queued"
            assert queues.llen("async") == 1


def nothing_is_taken_without_records(client: httpx.Client, queues: Redis, records: Valkey) -> None:
    """While the server of the records is away, the loop asks that of the queues for nothing; afterwards it goes on."""
    task = in_state(client, submit(client, "rest", seconds=0.5), "running")
    records.kill()
    wait_until(
        lambda: not any("b" in each["flags"] and each["cmd"] == "blmpop" for each in queues.client_list())
    )
    queues.lpush("async", b"not a message")
    records.restart()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert ended(client, task)["result"] == 0.5
    wait_until(lambda: queues.llen("async") == 0)


def test_a_refusal_that_lasts_is_logged_once(
    door: httpx.Client, redis: Redis, server: Valkey, directory: Path
) -> None:
    def refused() -> int:
        return int(redis.info("commandstats").get("cmdstat_blmpop", {}).get("failed_calls", 0))

    before = refused()
    redis.set("odd", "no list")
    with played_worker(directory, "odd", redis_url=server.url) as worker:
        wait_until(lambda: refused() >= before + 3)
        assert worker.log.count("redis does not let messages be taken: WRONGTYPE") == 1
        assert "Traceback" not in worker.log
        redis.delete("odd")
        task = wait_until(lambda: door.post("/add?queue=odd", json={"x": 1, "y": 2}).json().get("task_id"))
        assert ended(door, {"links": {"self": f"/tasks/{task}"}})["result"] == 3
