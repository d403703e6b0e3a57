"""What a task says is told whole and in order, whatever becomes of Redis meanwhile."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.chaos.proxy import Proxy
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.events.test_events import watch
from tests.support.door import submit

PER_SECOND = 100
PAUSE_SECONDS = 5


@contextmanager
def served(directory: Path, port: int) -> Iterator[httpx.Client]:
    """A worker and an API of the task that talks, on the Redis of this port."""
    settings: dict[str, Any] = {
        "redis_url": f"redis://127.0.0.1:{port}/0",
        "tasks": "lab.bench.contenders.talk",
    }
    with ExitStack() as stack:
        stack.enter_context(running_worker(directory, **settings))
        yield stack.enter_context(stack.enter_context(running_api(directory, **settings)).client())


def heard(client: httpx.Client, *, words: int, meanwhile: Callable[[], object]) -> tuple[list[int], str]:
    """The words that are told while something happens once the first was told, and the state at the end."""
    task = submit(client, "talk", words=words, per_second=PER_SECOND)
    numbers, state = [], ""
    with ThreadPoolExecutor(1) as thread:
        happening = None
        for event in watch(client, task["links"]["events"]):
            if event.kind == "output":
                numbers.append(int(event.data["chunk"].split()[0]))
                happening = happening or thread.submit(meanwhile)
            if event.kind == "done":
                state = event.data["state"]
        assert happening is not None
        happening.result()
    return numbers, state


def kill_all(redis: Redis) -> None:
    """Close the connections of every client, those that are subscribed, too."""
    for kind in ("normal", "pubsub"):
        redis.client_kill_filter(_type=kind, skipme=True)


def pause(redis: Redis) -> None:
    """Let nobody have an answer."""
    redis.client_pause(PAUSE_SECONDS * 1000)


@pytest.mark.parametrize(("happens", "seconds"), [(kill_all, 2), (pause, PAUSE_SECONDS + 1)])
def test_no_word_is_lost_when_connections_are_closed_or_redis_does_not_answer(
    happens: Callable[[Redis], object], seconds: int, tmp_path: Path
) -> None:
    words = PER_SECOND * seconds
    with (
        Valkey(tmp_path / "valkey") as valkey,
        Redis.from_url(valkey.url) as redis,
        served(tmp_path, valkey.port) as client,
    ):
        assert heard(client, words=words, meanwhile=lambda: happens(redis)) == (
            list(range(words)),
            "succeeded",
        )


def test_no_word_is_lost_when_a_replica_takes_over(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "one") as one,
        Valkey(tmp_path / "two", options={"replicaof": f"127.0.0.1 {one.port}"}) as two,
        Redis.from_url(one.url) as first,
        Redis.from_url(two.url) as second,
        Proxy(one.port) as proxy,
        served(tmp_path, proxy.port) as client,
    ):
        wait_until(lambda: second.info("replication")["master_link_status"] == "up")

        def take_over() -> None:
            first.execute_command("FAILOVER")
            wait_until(lambda: second.info("replication")["role"] == "master")
            proxy.target = two.port
            proxy.reset()

        words = 3 * PER_SECOND
        assert heard(client, words=words, meanwhile=take_over) == (list(range(words)), "succeeded")
