"""With Sentinel, API and worker follow the primary, and nothing confirmed is lost."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import httpx
import pytest
from redis import Redis
from redis.exceptions import RedisError

from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from lab.harness.servers import environment, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import document, problem_of, run

ADD = {"x": 1, "y": 2}
# A task of the pool, and one of an event loop.
LOAD, RESULTS = {"add": ADD, "nap": {"seconds": 0.01}}, {"add": 3, "nap": 0.01}
# A replica need not wait for others.
SOON = {"repl-diskless-sync-delay": "0"}
SERVER = shutil.which("redis-server")


@contextmanager
def sentinels(directory: Path, primary: int) -> Iterator[list[int]]:
    """The ports of three, that watch the server on this port under the name `main`."""
    if SERVER is None:
        pytest.skip("needs a redis-server")
    ports = [free_port() for _ in range(3)]
    with ExitStack() as stack:
        for port in ports:
            file = directory / f"sentinel-{port}.conf"
            file.write_text(
                f"port {port}\nsentinel monitor main 127.0.0.1 {primary} 2\n"
                "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            )
            command = [SERVER, str(file), "--sentinel"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment())
            stack.callback(process.wait)
            stack.callback(process.kill)
        with Redis(port=ports[0]) as asked:
            wait_until(lambda: knows_all(asked), what="sentinels that know each other")
        yield ports


def knows_all(sentinel: Redis) -> bool:
    """Whether it knows the two others, and the replica."""
    try:
        masters: Any = sentinel.sentinel_masters()
        told = masters["main"]
    except RedisError:  # it is starting
        return False
    return bool(told["num-other-sentinels"] == 2 and told["num-slaves"] == 1)


def test_when_the_primary_is_killed_under_load_nothing_accepted_is_lost(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "one", options=SOON) as one,
        Valkey(tmp_path / "two", options=SOON) as two,
        Redis.from_url(two.url) as replica,
    ):
        replica.replicaof("127.0.0.1", one.port)
        with sentinels(tmp_path, one.port) as ports:
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            url = f"redis+sentinel://{hosts}/main/0"
            with (
                running_api(tmp_path, redis_url=url, durability="replica") as api,
                running_worker(tmp_path, "-Q", "default,async", redis_url=url) as worker,
                api.client() as client,
            ):
                assert run(client, "add", x=4, y=5)["result"] == 9
                assert run(client, "nap", seconds=0)["result"] == 0
                with Load(api.client()) as load:
                    wait_until(lambda: len(load.accepted) > 50)
                    one.kill()
                    wait_until(lambda: is_primary(replica), what="a new primary")
                    one.restart()
                    before = len(load.accepted)
                    wait_until(lambda: len(load.accepted) > before + 50, what="tasks that are accepted")
                for task in load.accepted:
                    at_end = document(client.get(task, params={"wait": 50}))
                    assert (at_end["state"], at_end["result"]) == ("succeeded", RESULTS[at_end["name"]])
                assert worker.ending() is None


def test_a_submission_that_a_demoted_primary_refuses_is_not_in_doubt(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "one", options=SOON) as one,
        Valkey(tmp_path / "two", options=SOON) as two,
        Redis.from_url(one.url) as primary,
        Redis.from_url(two.url) as replica,
    ):
        replica.replicaof("127.0.0.1", one.port)
        with sentinels(tmp_path, one.port) as ports:
            url = f"redis+sentinel://127.0.0.1:{ports[0]}/main/0"
            with running_api(tmp_path, redis_url=url) as api, api.client() as client:
                wait_until(lambda: client.post("/add", json=ADD).status_code == 202)
                primary.replicaof("127.0.0.1", 1)  # which the sentinels need a moment to hear of
                refused = client.post("/add", json=ADD)
                assert problem_of(refused) == (503, "redis-refuses")
                assert document(refused)["detail"].startswith("Redis is a replica")


def is_primary(redis: Redis) -> bool:
    """Whether it takes writes. A sentinel that makes it a primary ends its connections, this one too."""
    try:
        return bool(redis.info("replication")["role"] == "master")
    except RedisError:
        return False


class Load:
    """Submissions one after the other meanwhile; where the tasks are that were accepted."""

    def __init__(self, client: httpx.Client) -> None:
        """Nothing is submitted yet."""
        self.accepted: list[str] = []
        self._client, self._stops = client, Event()
        self._thread = Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stops.set()
        self._thread.join()

    def _go_on(self) -> None:
        with self._client:
            while not self._stops.is_set():
                for name, task_input in LOAD.items():
                    response = self._client.post(f"/{name}", json=task_input)
                    if response.status_code == 202:
                        self.accepted.append(response.headers["location"])
