"""With sentinels, API and worker go over to whoever is the primary."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from redis.exceptions import RedisError

from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from tests.support.door import document, run
from tests.support.servers import environment, running_api, running_worker
from tests.support.waiting import wait_until

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


def test_when_the_primary_is_killed_tasks_are_accepted_and_run_on_the_other(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "one") as one,
        Valkey(tmp_path / "two") as two,
        Redis.from_url(two.url) as replica,
    ):
        replica.replicaof("127.0.0.1", one.port)
        with sentinels(tmp_path, one.port) as ports:
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            url = f"redis+sentinel://{hosts}/main/0"
            with (
                running_api(tmp_path, redis_url=url) as api,
                running_worker(tmp_path, "-Q", "default", redis_url=url) as worker,
                api.client() as client,
            ):
                assert run(client, "add", x=4, y=5)["result"] == 9
                one.kill()
                accepted = wait_until(lambda: accepted_by(client), 60)
                at_end = document(client.get(accepted, params={"wait": 50}))
                assert (at_end["result"], worker.ending()) == (3, None)


def accepted_by(client: httpx.Client) -> str | None:
    """Where the task is, once one is accepted."""
    response = client.post("/add", json={"x": 1, "y": 2})
    return response.headers["location"] if response.status_code == 202 else None
