"""A loop process that stops returns what it has, and takes nothing more."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from celery import Celery
from redis import Redis

from celeriac.ledger.for_workers import Consumer
from celeriac.settings import Settings
from celeriac_worker.loop_frames import Order
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, ended, in_state, shown, submit_with
from tests.worker.loops.process.played import PlayedWorker, played_worker


@pytest.fixture
def loop_redis(loop_url: str) -> Iterator[Redis]:
    """The database of the loops."""
    with Redis.from_url(loop_url) as client:
        yield client


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> str:
    """One of this test's own."""
    return str(request.node.name)[:60].replace("[", "-").replace("]", "")


@pytest.fixture
def leaving(directory: Path, loop_url: str, queue: str) -> Iterator[PlayedWorker]:
    """A loop for it, with room for two."""
    with played_worker(directory, queue, redis_url=loop_url, async_concurrency=2) as worker:
        yield worker


def submit(client: httpx.Client, queue: str, name: str, **task_input: object) -> Document:
    """Submit a task to a queue, as soon as it is known that a loop serves it."""
    path = f"/{name}?queue={queue}"
    task: Document = wait_until(
        lambda: answer.json() if (answer := client.post(path, json=task_input)).status_code == 202 else None
    )
    return task


def test_after_its_grace_it_returns_what_runs(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client, loop_redis: Redis, tmp_path: Path
) -> None:
    file = tmp_path / "said"
    first = submit(loop_client, queue, "clean_up", path=str(file))
    second = submit(loop_client, queue, "rest", seconds=60)
    for task in (first, second):
        in_state(loop_client, task, "running")
    third = submit(loop_client, queue, "rest", seconds=60)
    leaving.stop(0.2)
    assert leaving.wait_for_end() == 0
    assert [shown(loop_client, task)["state"] for task in (first, second, third)] == ["queued"] * 3
    assert loop_redis.llen(queue) == 3
    assert file.read_text() == "cleaned up\n"
    assert leaving.has_stopped


def test_within_its_grace_what_runs_ends(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client
) -> None:
    task = in_state(loop_client, submit(loop_client, queue, "rest", seconds=0.5), "running")
    leaving.stop(60)
    later = submit_with(loop_client, f"/add?queue={queue}", x=1, y=1)
    assert leaving.wait_for_end() == 0
    assert shown(loop_client, task)["result"] == 0.5
    assert shown(loop_client, later)["state"] == "queued"


def test_a_run_that_ignores_its_cancellation_is_returned_all_the_same(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client
) -> None:
    task = in_state(loop_client, submit(loop_client, queue, "ignore", seconds=60), "running")
    leaving.stop(0)
    assert leaving.wait_for_end() == 0
    assert shown(loop_client, task)["state"] == "queued"
    assert "ignores that it is cancelled" in leaving.log


def test_without_its_main_process_it_returns_what_runs_and_ends(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client
) -> None:
    task = in_state(loop_client, submit(loop_client, queue, "rest", seconds=60), "running")
    leaving.leave()
    leaving.wait_for_end()
    assert shown(loop_client, task)["state"] == "queued"


def test_nothing_comes_of_a_run_that_was_lost(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client, tmp_path: Path
) -> None:
    file = tmp_path / "said"
    submitted = submit(loop_client, queue, "clean_up", path=str(file), returns=True)
    task = in_state(loop_client, submitted, "running")
    leaving.order(Order(lost=(leaving.token_of(task["task_id"]),)))
    wait_until(lambda: not leaving.runs)
    assert file.read_text() == "cleaned up\n"
    assert shown(loop_client, task)["state"] == "running"
    cancel(loop_client, task, terminate=True)


def test_a_task_under_suspicion_waits_until_it_is_alone(
    leaving: PlayedWorker, queue: str, loop_client: httpx.Client, loop_url: str
) -> None:
    other, suspect = (
        in_state(loop_client, submit(loop_client, queue, "rest", seconds=60), "running") for _ in range(2)
    )
    token = leaving.token_of(suspect["task_id"])
    Consumer(Settings(redis_url=loop_url)).return_task(suspect["task_id"], token=token, company=1)
    leaving.order(Order(lost=(token,)))
    held = wait_until(lambda: list(leaving.held))
    assert [leaving.runs[each].task_id for each in held] == [suspect["task_id"]]
    late = submit_with(loop_client, f"/add?queue={queue}", x=1, y=1)
    cancel(loop_client, other, terminate=True)
    assert ended(loop_client, other)["state"] == "cancelled"
    assert shown(loop_client, late)["state"] == "queued"
    cancel(loop_client, suspect, terminate=True)
    assert ended(loop_client, suspect)["state"] == "cancelled"
    assert ended(loop_client, late)["result"] == 2


def test_what_stock_celery_sends_for_later_takes_no_slot_and_is_returned(
    leaving: PlayedWorker, queue: str, stock: Celery, loop_client: httpx.Client, loop_redis: Redis
) -> None:
    for _ in range(3):
        stock.send_task("add", (1, 2), countdown=600, queue=queue)
    soon = stock.send_task("add", (2, 2), countdown=1, queue=queue)
    wait_until(lambda: not loop_redis.llen(queue))
    assert ended(loop_client, submit(loop_client, queue, "add", x=1, y=2))["result"] == 3
    assert soon.get(timeout=30) == 4
    leaving.stop(600)
    assert leaving.wait_for_end() == 0
    assert loop_redis.llen(queue) == 3
