"""Workers that do not know Celeriac are shown from their remote control."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from lab.harness.program import Program
from lab.harness.servers import running_worker
from lab.harness.waiting import wait_until
from tests.conformance.stock import running_program, running_stock_worker
from tests.support.connections import is_asked_by_remote_control
from tests.support.door import document, submit

REPLIES = "celeriac:replies"


@pytest.fixture
def stock(own_url: str, own_redis: Redis, tmp_path: Path) -> Iterator[Program]:
    """A stock worker that listens to remote control."""
    with running_stock_worker(tmp_path, redis_url=own_url) as worker:
        wait_until(
            lambda: is_asked_by_remote_control(own_redis), what="the subscription of its remote control"
        )
        yield worker


@pytest.mark.usefixtures("stock")
def test_a_stock_worker_is_listed_with_what_it_runs(own_client: httpx.Client, own_url: str) -> None:
    with running_program(own_url) as program:
        task_id = program.do("publish", task="over_soft_limit", kwargs={}, options={})
        worker = wait_until(lambda: one if (one := only_worker(own_client))["active"] else None)
    assert worker["active"] == [task_id]
    assert (worker["kind"], worker["queues"], worker["concurrency"]) == ("celery", ["default"], 1)
    assert worker["name"].startswith("celery@")
    now = datetime.now(UTC)
    assert now - timedelta(minutes=5) < datetime.fromisoformat(worker["started_at"]) <= now
    assert now - timedelta(minutes=1) < datetime.fromisoformat(worker["seen_at"]) <= now


@pytest.mark.usefixtures("stock")
def test_a_queue_counts_stock_workers_too(own_client: httpx.Client, own_url: str, tmp_path: Path) -> None:
    submit(own_client, "add", x=1, y=2)
    assert workers_of_the_queue(own_client) == 1
    with running_worker(tmp_path, "-Q", "default", "-n", "ours@%h", redis_url=own_url):
        wait_until(lambda: workers_of_the_queue(own_client) == 2)
        kinds = [worker["kind"] for worker in document(own_client.get("/workers"))["items"]]
        assert kinds == ["celeriac", "celery"]


@pytest.mark.usefixtures("stock")
def test_answers_die_also_those_that_came_too_late(own_client: httpx.Client, own_redis: Redis) -> None:
    assert only_worker(own_client)
    assert own_redis.llen(REPLIES) == 4  # what was asked, and three answers
    assert 0 < own_redis.ttl(REPLIES) <= 24 * 3600
    own_redis.lpush(REPLIES, "late")
    own_redis.persist(REPLIES)  # as one would leave it that comes after a day
    assert only_worker(own_client)
    assert own_redis.llen(REPLIES) == 4
    assert own_redis.ttl(REPLIES) > 0


def test_a_listener_that_never_answers_holds_nobody_up(own_client: httpx.Client, own_redis: Redis) -> None:
    channel = f"/{own_redis.connection_pool.connection_kwargs['db']}.celery.pidbox"
    with own_redis.pubsub() as listener:
        listener.subscribe(channel)
        wait_until(lambda: own_redis.pubsub_numsub(channel)[0][1])
        with ThreadPoolExecutor(10) as threads:  # side by side they do not wait in turn
            (response, *_) = threads.map(lambda _: own_client.get("/workers", timeout=3), range(10))
    assert document(response) == {"items": []}
    wait_until(lambda: own_redis.exists(REPLIES))
    assert own_redis.ttl(REPLIES) > 0


def only_worker(client: httpx.Client) -> dict[str, Any]:
    """The one that is listed."""
    (worker,) = document(client.get("/workers"))["items"]
    found: dict[str, Any] = worker
    return found


def workers_of_the_queue(client: httpx.Client) -> int:
    """How many serve the default queue."""
    queue = document(client.get("/queues/default"))
    return int(queue["workers"])
