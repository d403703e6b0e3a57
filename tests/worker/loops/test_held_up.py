"""A loop that stands still, or dies, costs nobody the task but who is guilty."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any, cast

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, in_state, run, shown, submit
from tests.support.marks import linux_only

TASKS = "tests.worker.loops.rough"
# A lease that does not end while a test runs: who recovers has not waited for it.
SETTINGS: dict[str, Any] = {
    "tasks": TASKS,
    "lease": 600,
    "rescue_grace": 1,
    "blocked_limit": 3,
    "async_concurrency": 40,
}

pytestmark = [linux_only, pytest.mark.usefixtures("worker")]


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
    with running_api(directory, redis_url=url, **SETTINGS) as api, api.client() as client:
        yield client


@pytest.fixture(scope="module")
def worker(url: str, directory: Path) -> Iterator[Program]:
    """A worker with one loop."""
    with running_worker(directory, "-c", "1", redis_url=url, **SETTINGS) as worker:
        yield worker


def test_a_blocked_loop_names_task_and_line_and_keeps_its_leases_and_the_guilty_one_fails_alone(
    worker: Program, door: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    neighbours = staying(door, gate, 5)
    guilty = submit(door, "block", seconds=60)
    worker.wait_until(lambda: f"by task {guilty['task_id']} (block), File" in worker.log)
    assert 'rough.py", line ' in worker.log
    assert "time.sleep(seconds)" in worker.log
    at_end = ended(door, guilty)
    assert (at_end["state"], at_end["error"]["type"]) == ("failed", "TimeLimitExceeded")
    assert "more than 3 s" in at_end["error"]["message"]
    assert "time.sleep(seconds)" in at_end["error"]["message"]
    gate.touch()
    for task in neighbours:
        at_end = ended(door, task)
        assert (at_end["state"], at_end["attempt"]) == ("succeeded", 2)
        assert lost_runs(redis, task) == 0


def test_a_run_that_lets_no_thread_of_its_loop_run_is_named_too_and_fails_alone(
    worker: Program, door: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    neighbours = staying(door, gate, 3)
    guilty = submit(door, "hold_interpreter")
    worker.wait_until(lambda: f"by task {guilty['task_id']} (hold_interpreter), File" in worker.log)
    at_end = ended(door, guilty)
    assert (at_end["state"], at_end["error"]["type"]) == ("failed", "TimeLimitExceeded")
    assert "re.fullmatch" in at_end["error"]["message"]
    gate.touch()
    for task in neighbours:
        assert ended(door, task)["state"] == "succeeded"
        assert lost_runs(redis, task) == 0


def test_a_short_block_ends_nothing(door: httpx.Client) -> None:
    at_end = run(door, "block", seconds=1.3)
    assert (at_end["state"], at_end["attempt"]) == ("succeeded", 1)


@pytest.mark.parametrize("name", ["stay_stubbornly", "block_over_limit"])
def test_a_run_that_does_not_end_at_its_hard_limit_fails_and_its_neighbours_run_again(
    name: str, door: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (neighbour,) = staying(door, gate, 1)
    guilty = submit(door, name, **({"until": str(gate)} if name == "stay_stubbornly" else {}))
    at_end = ended(door, guilty)
    assert (at_end["state"], at_end["error"]["type"]) == ("failed", "TimeLimitExceeded")
    assert "longer than its time limit" in at_end["error"]["message"]
    gate.touch()
    at_end = ended(door, neighbour)
    assert (at_end["state"], at_end["attempt"]) == ("succeeded", 2)
    assert lost_runs(redis, neighbour) == 0


def test_a_loop_that_is_killed_costs_none_of_its_tasks_a_loss(
    worker: Program, door: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    tasks = staying(door, gate, 6)
    os.kill(loop_of(worker), signal.SIGKILL)
    wait_until(lambda: all(shown(door, task)["attempt"] == 2 for task in tasks))
    gate.touch()
    for task in tasks:
        assert ended(door, task)["state"] == "succeeded"
        assert lost_runs(redis, task) == 0


def test_what_kills_its_loop_each_time_comes_to_run_alone_and_fails_and_all_others_succeed(
    door: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    gate, deaths = tmp_path / "gate", tmp_path / "deaths"
    innocents = staying(door, gate, 12)
    guilty = submit(door, "kill_loop", deaths=str(deaths))
    wait_until(deaths.exists)
    gate.touch()
    at_end = ended(door, guilty)
    assert (at_end["state"], at_end["error"]["type"]) == ("failed", "WorkerLostError")
    assert "SIGKILL" in at_end["error"]["message"]
    assert [ended(door, task)["state"] for task in innocents] == ["succeeded"] * len(innocents)
    assert {lost_runs(redis, task) for task in innocents} == {0}


def test_one_that_is_cancelled_ends_within_a_beat_and_its_finally_runs(
    door: httpx.Client, tmp_path: Path
) -> None:
    gate, tidied = tmp_path / "gate", tmp_path / "tidied"
    terminated = submit(door, "stay_and_tidy", until=str(gate), tidied=str(tidied))
    asked = submit(door, "listen", until=str(gate))
    for task in (terminated, asked):
        in_state(door, task, "running")
    cancel(door, terminated, terminate=True).raise_for_status()
    cancel(door, asked).raise_for_status()
    assert ended(door, terminated)["state"] == "cancelled"
    assert tidied.exists()
    assert ended(door, asked)["result"] is True


def test_a_queue_of_async_tasks_is_paused_purged_and_resumed_like_any(
    door: httpx.Client, tmp_path: Path
) -> None:
    assert document(door.post("/queues/async/pause"))["paused"] is True
    purged = [submit(door, "stay", until=str(tmp_path)) for _ in range(2)]
    queue = document(door.get("/queues/async"))
    assert (queue["depth"], queue["workers"]) == (2, 1)
    assert document(door.post("/queues/async/purge")) == {"cancelled": 2}
    kept = submit(door, "stay", until=str(tmp_path))
    assert document(door.post("/queues/async/resume"))["paused"] is False
    assert ended(door, kept)["state"] == "succeeded"
    assert {ended(door, task)["state"] for task in purged} == {"cancelled"}


def test_a_silent_loop_is_replaced(worker: Program, door: httpx.Client, redis: Redis, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    tasks = staying(door, gate, 2)
    stopped = loop_of(worker)
    os.kill(stopped, signal.SIGSTOP)
    worker.wait_until(lambda: f"loop process {stopped}: it has been silent for" in worker.log)
    wait_until(lambda: loop_of(worker) != stopped)
    gate.touch()
    for task in tasks:
        at_end = ended(door, task)
        assert (at_end["state"], at_end["attempt"]) == ("succeeded", 2)
        assert lost_runs(redis, task) == 0


def test_a_worker_that_was_stopped_as_a_whole_blames_nobody(worker: Program, door: httpx.Client) -> None:
    loop = loop_of(worker)
    task = submit(door, "block", seconds=2.5)
    worker.wait_until(lambda: f"by task {task['task_id']} (block), File" in worker.log)
    worker.signal_all(signal.SIGSTOP)
    Event().wait(SETTINGS["blocked_limit"] + 0.5)
    worker.signal_all(signal.SIGCONT)
    at_end = ended(door, task)
    assert (at_end["state"], at_end["attempt"]) == ("succeeded", 1)
    assert loop_of(worker) == loop


def staying(door: httpx.Client, gate: Path, count: int) -> list[Document]:
    """Tasks that run in the loop until the gate is open."""
    tasks = [submit(door, "stay", until=str(gate)) for _ in range(count)]
    return [in_state(door, task, "running") for task in tasks]


def lost_runs(redis: Redis, task: Document) -> int:
    """How many runs of a task are counted as lost."""
    return int(cast("bytes", redis.hget(keys.record(task["task_id"]), "lost")))


def loop_of(worker: Program) -> int:
    """The process of its only loop."""
    return wait_until(
        lambda: next(
            (each.pid for each in descendants(worker.pid) if "celeriac_worker.loop" in each.command), None
        )
    )
