"""Loops start and end with their worker, and lose no task."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.processes import descendants, is_alive
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker, starting_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, document, ended, in_state, shown, submit
from tests.support.marks import linux_only

SETTINGS: dict[str, Any] = {"tasks": "tests.tasks,tests.worker.loops.rough", "rescue_grace": 1}
# A lease that does not end while a test runs.
LONG = {**SETTINGS, "lease": 600}
SHORT = {**SETTINGS, "lease": 3}

pytestmark = linux_only


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests' own."""
    return new_database()


@pytest.fixture(scope="module")
def redis(url: str) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(url) as client:
        yield client


@pytest.fixture(scope="module")
def door(url: str, directory: Path) -> Iterator[httpx.Client]:
    """An API with async tasks."""
    with running_api(directory, redis_url=url, **LONG) as api, api.client() as client:
        yield client


def test_a_worker_on_sigterm_returns_what_its_loop_runs_after_the_grace_of_both(
    url: str,
    door: httpx.Client,
    redis: Redis,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")
    gate, tidied = tmp_path / "gate", tmp_path / "tidied"
    with running_worker(directory, "-c", "1", redis_url=url, shutdown_grace=1, **LONG) as worker:
        plain = submit(door, "hold", until=str(gate))
        runs = [submit(door, "stay_and_tidy", until=str(gate), tidied=str(tidied)) for _ in range(3)]
        for task in (plain, *runs):
            in_state(door, task, "running")
        worker.signal(signal.SIGTERM)
        worker.wait_for_end()
    monkeypatch.delenv("REMAP_SIGTERM")
    assert tidied.exists()
    assert redis.llen("async") == len(runs)
    for task in runs:
        assert shown(door, task)["state"] == "queued"
        assert redis.hget(keys.record(task["task_id"]), "lost") == b"0"
    gate.touch()
    with running_worker(directory, "-c", "1", redis_url=url, **LONG):
        assert [ended(door, task)["attempt"] for task in (plain, *runs)] == [2] * 4


def test_a_worker_describes_its_loops_and_a_warm_end_waits_for_what_they_run(
    url: str, door: httpx.Client, redis: Redis, directory: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    options = ("-Q", "async", "-n", "loops@here")
    with running_worker(directory, *options, redis_url=url, loops=2, async_concurrency=7, **LONG) as worker:
        plain, run = submit(door, "hold", until=str(tmp_path)), submit(door, "stay", until=str(gate))
        described = wait_until(lambda: worker_running(door, run))
        assert described["queues"] == described["async_queues"] == ["async"]
        assert (described["concurrency"], described["async_concurrency"]) == (0, 14)
        assert described["loop_lag"] >= 0
        assert 'celeriac_loop_lag_seconds{worker="loops@here"} ' in door.get("/metrics").text
        assert len(loops_of(worker)) == 2
        assert document(door.get("/queues/async"))["workers"] >= 1
        worker.signal(signal.SIGTERM)
        worker.wait_until(lambda: "Warm shutdown" in worker.log)
        gate.touch()
        worker.wait_for_end()
    assert ended(door, run)["attempt"] == 1
    assert shown(door, plain)["state"] == "queued"
    lost = submit(door, "stay", until=str(tmp_path))
    redis.delete("async")  # as when its message was popped by a loop that has died before its claim
    with running_worker(directory, "-c", "1", redis_url=url, **LONG):
        assert [ended(door, task)["state"] for task in (plain, lost)] == ["succeeded"] * 2


def test_a_worker_that_is_killed_leaves_no_loop_and_its_tasks_run_elsewhere(
    url: str, door: httpx.Client, redis: Redis, directory: Path, tmp_path: Path
) -> None:
    """A loop returns what it runs, without a loss; one that is blocked cannot, and the leases of its tasks end."""
    gate, options = tmp_path / "gate", {"redis_url": url, "loops": 2, "async_concurrency": 1, **SHORT}
    with running_worker(directory, "-c", "1", **options) as worker:
        task = submit(door, "stay", until=str(gate))
        in_state(door, task, "running")
        blocking = submit(door, "block", seconds=600, file=str(tmp_path / "blocked"))
        worker.wait_until(lambda: "the loop is held up" in worker.log)
        loops = loops_of(worker)
        worker.kill()
    assert len(loops) == 2
    wait_until(lambda: not any(map(is_alive, loops)))
    gate.touch()
    with running_worker(directory, "-c", "1", **options):
        at_ends = [ended(door, each) for each in (task, blocking)]
    assert [(each["state"], each["attempt"]) for each in at_ends] == [("succeeded", 2)] * 2
    losses = [redis.hget(keys.record(each["task_id"]), "lost") for each in at_ends]
    assert losses == [b"0", b"1"]


def test_a_loop_that_ends_as_it_begins_is_started_again_with_pauses_and_the_log_says_so(
    url: str, directory: Path
) -> None:
    settings = {**LONG, "tasks": "tests.worker.loops.unstartable"}
    with starting_worker(directory, "-Q", "async", redis_url=url, **settings) as worker:
        worker.wait_until(lambda: worker.log.count("ended before its event loop began: exitcode 3") >= 3)
        assert "another one starts in 0.0 s" in worker.log
        assert "another one starts in 1.0 s" in worker.log


def worker_running(door: httpx.Client, task: Document) -> Document | None:
    """The worker that says that it runs this task."""
    workers = document(door.get("/workers"))["items"]
    return next((each for each in workers if task["task_id"] in each["active"]), None)


def loops_of(worker: Program) -> list[int]:
    """Its loop processes."""
    return [each.pid for each in descendants(worker.pid) if "celeriac_worker.loop" in each.command]
