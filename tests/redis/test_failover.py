"""After a failover that cuts no connection, everything uses the new primary."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.chaos.proxy import Proxy
from lab.harness.servers import API, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.events.test_events import watch
from tests.support.door import cancel, document, ended, in_state, is_waited_for, shown, submit

RECOVERED_SECONDS = 20
# A replica need not wait for others.
SOON = {"repl-diskless-sync-delay": "0"}


class Pair(NamedTuple):
    """A primary, its replica, and a proxy that leads to the first of them; an API behind it."""

    first: Redis
    second: Redis
    proxy: Proxy
    second_port: int
    api: API

    def fail_over(self, until: Callable[[], object] = lambda: True) -> None:
        """New connections lead to the new primary. The old one is cut off from it: what it knows stays as it is.

        It refuses writes when `until` is true; until then it answers none.
        """
        self.first.client_pause(60_000, all=False)
        wait_until(lambda: offset(self.first) == offset(self.second), what="a replica that knows all")
        self.second.replicaof("NO", "ONE")
        self.proxy.target = self.second_port
        wait_until(until, RECOVERED_SECONDS, what="what the pause lasts for")
        self.first.replicaof("127.0.0.1", 1)
        self.first.client_unpause()


def offset(redis: Redis) -> Any:
    """How much of the replication stream a server has written, or read."""
    info = redis.info("replication")
    return info["master_repl_offset"] if info["role"] == "master" else info["slave_repl_offset"]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """With a worker."""
    with (
        Valkey(tmp_path / "one", options=SOON) as one,
        Valkey(tmp_path / "two", options={"replicaof": f"127.0.0.1 {one.port}"}) as two,
        Redis.from_url(one.url, client_name="test") as first,
        Redis.from_url(two.url, client_name="test") as second,
        Proxy(one.port) as proxy,
    ):
        wait_until(lambda: second.info("replication")["master_link_status"] == "up")
        url = f"redis://127.0.0.1:{proxy.port}/0"
        with (
            running_worker(tmp_path, "-Q", "default", redis_url=url),
            running_api(tmp_path, redis_url=url) as api,
        ):
            yield Pair(first, second, proxy, two.port, api)


def test_submissions_waits_streams_and_reads_go_over_to_the_new_primary(pair: Pair, tmp_path: Path) -> None:
    gate, over = tmp_path / "gate", Event()
    with pair.api.client() as client, ThreadPoolExecutor(8) as threads, let_go(gate, over):
        task = submit(client, "hold", until=str(gate))
        in_state(client, task, "running")
        waits = [threads.submit(ended, client, task) for _ in range(3)]
        stream = threads.submit(lambda: [event.kind for event in watch(client, task["links"]["events"])])
        wait_until(lambda: "celeriac_waiters 3" in client.get("/metrics").text)
        load = threads.submit(refused_until, over, pair.api)
        pair.fail_over()
        wait_until(lambda: client.post("/add", json={"x": 1, "y": 2}).status_code == 202, RECOVERED_SECONDS)
        wait_until_left(pair.first)
        wait_until(lambda: client.get("/readyz").status_code == 200, RECOVERED_SECONDS)
        gate.touch()
        assert [wait.result(RECOVERED_SECONDS)["state"] for wait in waits] == ["succeeded"] * 3
        assert document(client.get("/queues/default"))["workers"] == 1
        assert stream.result(RECOVERED_SECONDS)[-1] == "done"
        over.set()
        assert load.result() < RECOVERED_SECONDS
        assert shown(client, task)["attempt"] == 1


def test_who_waits_and_a_task_that_asks_go_over_from_an_old_primary_that_refuses_nothing(
    pair: Pair, tmp_path: Path
) -> None:
    with pair.api.client() as client, ThreadPoolExecutor(1) as threads:
        task = submit(client, "stop_when_asked", started=str(tmp_path / "started"))
        wait_until((tmp_path / "started").exists)
        wait = threads.submit(ended, client, task)
        is_waited_for(client, pair.first, task)
        pair.fail_over(until=lambda: pair.second.pubsub_channels("celery-task-meta-*"))
        wait_until(lambda: cancel(client, task).status_code == 202, RECOVERED_SECONDS)
        assert wait.result()["state"] == "cancelled"


@contextmanager
def let_go(gate: Path, over: Event) -> Iterator[None]:
    """However this ends, so does who waits for the gate, and who goes on until it is over."""
    try:
        yield
    finally:
        gate.touch()
        over.set()


def refused_until(over: Event, api: API) -> float:
    """The seconds from the first submission that was refused to the last one, under a steady load."""
    refused: list[float] = []
    with api.client() as client:
        while not over.is_set():
            if client.post("/add", json={"x": 1, "y": 2}).status_code != 202:
                refused.append(time.monotonic())
    return refused[-1] - refused[0] if refused else 0.0


def wait_until_left(redis: Redis) -> None:
    """Return when nobody uses this server any more; fails with who does."""
    try:
        wait_until(lambda: not in_use(redis), RECOVERED_SECONDS)
    except AssertionError as late:
        raise AssertionError(f"the old primary is still used by {in_use(redis)}") from late


def in_use(redis: Redis) -> list[Any]:
    """Who listens to this server, or has asked it something in the last second, but for this test and the replication."""
    clients: Any = redis.client_list(_type="normal")
    asking = [client for client in clients if client["name"] != "test" and int(client["idle"]) <= 1]
    return [*asking, *redis.client_list(_type="pubsub")]
