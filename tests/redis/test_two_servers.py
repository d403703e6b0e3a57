"""Broker and result backend can be two Redis servers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, problem_of, run, submit, submit_with

# What was answered is on the disk: a server that is killed may otherwise lose the last second.
KEEPS_ALL = {"appendfsync": "always"}
STOCK_APP = """
from celery import Celery

app = Celery("stock", broker="{broker}", backend="{backend}")
app.conf.task_default_queue = "default"


@app.task(name="add")
def add(x, y):
    return x + y


@app.task(name="fail")
def fail(message):
    raise RuntimeError(message)
"""


@pytest.fixture(scope="module")
def servers(directory: Path) -> Iterator[dict[str, str]]:
    """Two servers, as settings."""
    with Valkey(directory / "broker") as broker, Valkey(directory / "backend") as backend:
        yield {"broker_url": broker.url, "result_backend": backend.url}


@pytest.fixture(scope="module")
def door(servers: dict[str, str], directory: Path) -> Iterator[httpx.Client]:
    """An API on both."""
    with running_api(directory, **servers) as api, api.client() as client:
        yield client


def test_tasks_are_accepted_run_retried_and_waited_for(
    servers: dict[str, str], door: httpx.Client, directory: Path
) -> None:
    with running_worker(directory, **servers):
        assert run(door, "add", x=4, y=5)["result"] == 9
        assert run(door, "flaky", failures=2)["result"] == "succeeded on attempt 3"
        (child,) = run(door, "count_each", texts=["to be"])["result"]
        assert ended(door, {"links": {"self": f"/tasks/{child}"}})["result"] == {"to": 1, "be": 1}
        assert document(door.post("/add", json={"x": 1, "y": 1}, params={"wait": 30}))["result"] == 2
    queue = document(door.get("/queues/default"))
    assert queue["in_per_second"] == queue["out_per_second"] >= 5 / 70  # three tasks, and two attempts more


def test_tasks_that_wait_for_others_are_released_whoever_ends_them(
    servers: dict[str, str], door: httpx.Client, directory: Path
) -> None:
    """By the end of a run, by a cancel, a purge and an expiry."""

    def waiting(query: str, other: Document) -> Document:
        return submit_with(door, f"/add?after={other['task_id']}&{query}", x=4, y=5)

    cancelled, purged = submit(door, "unserved"), submit(door, "unserved")
    expired = submit_with(door, "/unserved?expires=0.1", x=1)
    first = submit(door, "add", x=1, y=1)
    second = waiting("when=succeeded", first)
    released = [waiting("when=ended", each) for each in (cancelled, purged, expired)]
    released += [second, waiting("when=succeeded", second)]
    cancel(door, cancelled)
    door.post("/queues/unserved/purge")
    with running_worker(directory, **servers):
        assert [ended(door, task)["result"] for task in released] == [9] * 5


def test_the_broker_holds_messages_and_the_backend_records(
    servers: dict[str, str], door: httpx.Client
) -> None:
    task = submit(door, "add", x=4, y=5)
    with (
        Redis.from_url(servers["broker_url"]) as broker,
        Redis.from_url(servers["result_backend"]) as backend,
    ):
        assert broker.llen("default") == 1
        assert backend.llen("default") == 0
        assert backend.hget(f"celeriac:task:{task['task_id']}", "state") == b"queued"
        assert not broker.exists(f"celeriac:task:{task['task_id']}")
        broker.delete("default")


def test_readiness_asks_both(servers: dict[str, str], directory: Path, tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "broker") as broker,
        running_api(directory, broker_url=broker.url, result_backend=servers["result_backend"]) as api,
        api.client() as client,
    ):
        assert client.get("/readyz").status_code == 200
        broker.kill()
        assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("away", ["broker", "backend"])
def test_a_queue_is_not_paused_nor_resumed_when_one_server_is_away(
    away: str, directory: Path, tmp_path: Path
) -> None:
    with (
        Valkey(tmp_path / "broker", options=KEEPS_ALL) as broker,
        Valkey(tmp_path / "backend", options=KEEPS_ALL) as backend,
        running_api(directory, broker_url=broker.url, result_backend=backend.url) as api,
        api.client() as client,
        Redis.from_url(broker.url) as queues,
    ):
        lost = {"broker": broker, "backend": backend}[away]
        submit(client, "add", x=1, y=2)
        for act, paused in (("pause", False), ("resume", True)):
            if paused:
                assert document(client.post("/queues/default/pause"))["paused"] is True
            lost.kill()
            assert problem_of(client.post(f"/queues/default/{act}")) == (503, "redis-unavailable")
            lost.restart()
            wait_until(lambda: client.get("/readyz").status_code == 200, what="both servers")
            queue = wait_until(lambda: there(client.get("/queues/default")), what="the queue")
            assert (queue["paused"], queue["depth"]) == (paused, 1)
            assert [queues.llen("default"), queues.llen("celeriac:held:default")] == [not paused, paused]


def there(response: httpx.Response) -> Document | None:
    """What the response says, once Redis answers again."""
    return document(response) if response.status_code == 200 else None


def test_a_stock_worker_on_both_does_the_work(
    servers: dict[str, str], door: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    app = STOCK_APP.format(broker=servers["broker_url"], backend=servers["result_backend"])
    (tmp_path / "stock.py").write_text(app)
    command = [sys.executable, "-m", "celery", "-A", "stock", "--workdir", str(tmp_path), "worker", "-c", "1"]
    worker = Program([*command, *ALONE, "--loglevel", "INFO"], environment(), new_log(directory, "stock"))
    try:
        worker.wait_until(lambda: " ready." in worker.log)
        waited = document(door.post("/add", json={"x": 10**30, "y": 1}, params={"wait": 30}))
        assert (waited["state"], waited["result"], waited["attempt"]) == ("succeeded", 10**30 + 1, 1)
        assert waited["ended_at"] >= waited["created_at"]
        failed = run(door, "fail", message="no such invoice")
        assert (failed["state"], failed["error"]["type"]) == ("failed", "RuntimeError")
        assert failed["error"]["message"] == "no such invoice"
    finally:
        worker.kill()


def test_tasks_start_in_the_order_of_their_priority_and_keys_take_turns(
    servers: dict[str, str], door: httpx.Client, directory: Path
) -> None:
    def submitted(count: int, options: str) -> list[Document]:
        return [submit_with(door, f"/take_a_moment?{options}", seconds=0.01) for _ in range(count)]

    low, normal, fair = submitted(2, "priority=low"), submitted(2, ""), submitted(20, "fair=a")
    fair[9:9] = submitted(1, "fair=b")
    high = submitted(20, "priority=high")
    with running_worker(directory, "-c", "1", **servers):
        tasks = [ended(door, task) for task in (*low, *normal, *fair, *high)]
    order = [task["task_id"] for task in sorted(tasks, key=lambda task: str(task["started_at"]))]
    assert order[:20] == [task["task_id"] for task in high]
    assert order.index(fair[9]["task_id"]) < 20 + 12
    assert order[-4:] == [task["task_id"] for task in (*normal, *low)]
    with Redis.from_url(servers["result_backend"]) as backend:
        assert not [*backend.scan_iter("celeriac:lane*"), *backend.scan_iter("celeriac:turns*")]
