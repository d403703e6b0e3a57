"""A stalled server or a set clock takes no task from its worker."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.chaos.clock import IS_THERE, Clock
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import document, ended, in_state, shown, submit, submit_with

LEASE_SECONDS = 3.0
SETTINGS: dict[str, Any] = {"lease": LEASE_SECONDS, "rescue_grace": 1}
STALL_SECONDS = LEASE_SECONDS + 2
# Rounds are noted some 0.2 s apart, and at times 0.5 s.
ROUNDS_A_LEASE = 16
HOUR = timedelta(hours=1)
# Far less than the hour by which the clock is set.
BOUND_SECONDS = 60.0

pytestmark = pytest.mark.skipif(
    not IS_THERE, reason="needs Linux and a C compiler, to set the clock of a server"
)


@pytest.fixture(scope="module")
def clock(directory: Path) -> Clock:
    """The time of day of `server`."""
    return Clock(directory)


@pytest.fixture(scope="module")
def server(directory: Path, clock: Clock) -> Iterator[Valkey]:
    """A Valkey whose clock can be set."""
    with Valkey(directory / "stalls", environment=clock.environment) as server:
        yield server


@pytest.fixture(scope="module")
def redis(server: Valkey) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture(scope="module")
def door(server: Valkey, directory: Path) -> Iterator[httpx.Client]:
    """An API on it, with a worker."""
    with (
        running_worker(
            directory, "-c", "4", "-Q", "default", "-n", "one@here", redis_url=server.url, **SETTINGS
        ),
        running_api(directory, redis_url=server.url, **SETTINGS) as api,
        api.client() as client,
    ):
        yield client


@pytest.fixture
def other(door: httpx.Client, server: Valkey, directory: Path) -> Iterator[Program]:  # noqa: ARG001 - the order
    """A worker that a test may kill, for a queue of its own."""
    with running_worker(
        directory, "-Q", "unserved", "-n", "other@here", redis_url=server.url, **SETTINGS
    ) as worker:
        yield worker


def stalled(server: Valkey, clock: Clock) -> None:  # noqa: ARG001 - the others set it
    """For longer than a lease."""
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(STALL_SECONDS)
    os.kill(server.pid, signal.SIGCONT)


def set_forward(server: Valkey, clock: Clock) -> None:  # noqa: ARG001 - the others stop it
    """By an hour."""
    clock.step(HOUR)


def set_back(server: Valkey, clock: Clock) -> None:  # noqa: ARG001 - likewise
    """By an hour."""
    clock.step(-HOUR)


@pytest.mark.parametrize("disturb", [stalled, set_forward, set_back])
def test_no_living_worker_loses_a_task(
    disturb: Any, server: Valkey, clock: Clock, redis: Redis, door: httpx.Client, tmp_path: Path
) -> None:
    tasks = [
        submit(door, "leave_trace", file=str(tmp_path / f"{number}"), until=str(tmp_path / "gate"))
        for number in range(4)
    ]
    for task in tasks:
        in_state(door, task, "running")
    let_keepers_come_round(redis, 2)
    disturb(server, clock)
    let_keepers_come_round(redis, ROUNDS_A_LEASE)
    assert [shown(door, task)["attempt"] for task in tasks] == [1] * 4
    (tmp_path / "gate").touch()
    assert {ended(door, task)["state"] for task in tasks} == {"succeeded"}
    assert {redis.hget(keys.record(task["task_id"]), "lost") for task in tasks} == {b"0"}
    assert [len((tmp_path / f"{number}").read_text().splitlines()) for number in range(4)] == [1] * 4


def test_what_waits_for_a_time_does_not_wait_for_the_hour_by_which_the_clock_was_set_back(
    clock: Clock, redis: Redis, door: httpx.Client
) -> None:
    before = [submit_with(door, f"/add?{query}", x=1, y=2) for query in ("delay=5", "expires=5&delay=600")]
    let_keepers_come_round(redis, 2)
    clock.step(-HOUR)
    let_keepers_come_round(redis, 2)
    after = [submit_with(door, f"/add?{query}", x=1, y=2) for query in ("delay=1", "expires=1&delay=600")]
    assert [in_state(door, task, "scheduled")["due_at"] for task in after] == [
        task["due_at"] for task in after
    ]
    states = ["succeeded", "expired"] * 2
    wait_until(lambda: [shown(door, task)["state"] for task in before + after] == states, BOUND_SECONDS)
    for task in (before[0], after[0]):
        times = shown(door, task)
        begun, due = (datetime.fromisoformat(times[name]) for name in ("started_at", "due_at"))
        assert timedelta(0) <= begun - due < timedelta(seconds=BOUND_SECONDS)


def test_the_moment_of_a_blocked_task_moves_with_the_clock_and_its_time_before_is_no_time_in_the_queue(
    clock: Clock, redis: Redis, door: httpx.Client, tmp_path: Path
) -> None:
    first = submit(door, "hold", until=str(tmp_path / "gate"))
    eta = (datetime.now(UTC) + clock.shift + 3 * HOUR).isoformat()
    options = {"after": [first["task_id"]], "eta": eta}
    task = document(door.post("/tasks", json={"name": "word_count", "input": {"text": "a"}, **options}))
    let_keepers_come_round(redis, 2)
    clock.step(-HOUR)
    let_keepers_come_round(redis, 2)
    due = datetime.fromisoformat(in_state(door, task, "blocked")["due_at"])
    assert abs(datetime.fromisoformat(task["due_at"]) - HOUR - due) < timedelta(minutes=1)
    assert document(door.post(task["links"]["cancel"]))["state"] == "cancelled"
    slow = submit_with(door, f"/word_count?after={first['task_id']}", text="a")
    begin = time.monotonic()
    (tmp_path / "gate").touch()
    assert ended(door, slow)["state"] == "succeeded"
    queued = int(redis.hget("celeriac:times", "queued sum word_count") or -1)
    assert 0 <= queued / 1_000_000 <= time.monotonic() - begin


def test_the_lease_of_a_dead_worker_ends_in_time_after_the_clock_was_set_back(
    clock: Clock, redis: Redis, door: httpx.Client, other: Program, directory: Path
) -> None:
    task = submit(door, "hold_elsewhere", until=str(directory / "never"))
    in_state(door, task, "running")
    let_keepers_come_round(redis, 2)
    other.kill()
    clock.step(-HOUR)
    in_state(door, task, "queued")
    wait_until(lambda: dead_since(document(door.get("/workers"))["items"]) is not None)


def test_a_message_that_was_lost_is_found_again_after_the_clock_was_set_back(
    clock: Clock, redis: Redis, door: httpx.Client, tmp_path: Path
) -> None:
    holding = [submit(door, "hold", until=str(tmp_path / "gate")) for _ in range(4)]
    for task in holding:
        in_state(door, task, "running")
    clock.step(-HOUR)
    lost = submit(door, "add", x=4, y=5)
    redis.delete("default")
    wait_until(lambda: redis.llen("default") == 1, BOUND_SECONDS)
    (tmp_path / "gate").touch()
    assert {ended(door, task)["state"] for task in (*holding, lost)} == {"succeeded"}


def dead_since(workers: list[dict[str, str]]) -> str | None:
    """When the one that was killed was heard of, if that is earlier than the other."""
    seen = {worker["name"]: worker["seen_at"] for worker in workers}
    return seen["other@here"] if seen["other@here"] < seen["one@here"] else None


def let_keepers_come_round(redis: Redis, times: int) -> None:
    """So that they know the time, or have done all that a lease may end for."""
    for _ in range(times):
        before = redis.get(keys.kept())
        wait_until(lambda: redis.get(keys.kept()) != before, BOUND_SECONDS)  # noqa: B023 - called at once
