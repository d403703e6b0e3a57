"""Processes get short tasks ahead of time, and none is lost or delayed."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac_worker.processes.run_times import Pace
from celeriac_worker.processes.scheduler import PromptPool
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.servers import START_METHOD, running_worker
from lab.harness.waiting import wait_until
from tests.support.connections import cut
from tests.support.door import Document, ended, in_state, shown, submit
from tests.support.marks import linux_only

# Nothing but what is tested here brings a task back before a test has ended.
LONG: dict[str, Any] = {"lease": 600, "rescue_grace": 600}
LEASE_SECONDS = 2
MANY = 200
# In characters: more than a pipe takes.
LARGE = 200_000

pytestmark = linux_only


@pytest.fixture
def open_gate(tmp_path: Path) -> str:
    """A file that is there already: who waits for it does not wait."""
    gate = tmp_path / "open"
    gate.touch()
    return str(gate)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that a task waits for; there at the end in any case."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


def submitted(client: httpx.Client, *gates: str) -> list[Document]:
    """Tasks that wait for these files; no worker takes them yet."""
    return [submit(client, "hold", until=gate) for gate in gates]


def all_succeeded_at_once(client: httpx.Client, tasks: Sequence[Document]) -> bool:
    """Whether each was run, and succeeded, and needed no second attempt."""
    return {(end["state"], end["attempt"]) for end in (ended(client, task) for task in tasks)} == {
        ("succeeded", 1)
    }


def cut_connections(redis: Redis, worker: Program) -> None:
    """Return when the worker is connected again. One that asks for no message does not notice yet that it is not."""
    cut(redis)
    begun = monotonic()
    wait_until(lambda: worker.log.count("Connected to") == 2 or monotonic() - begun > LEASE_SECONDS)


@pytest.fixture
def pool() -> PromptPool:
    """Three processes, by the numbers of their pipes: one has nothing to do, two run a task."""
    pool = PromptPool.__new__(PromptPool)  # without its processes
    pool._pace, pool._jobs_by_pipe = Pace(), defaultdict(list, {4: [job("report")], 5: [job("add")]})
    pool._all_inqueues, pool._active_writes = {3, 4, 5}, set()
    for _ in range(3):
        pool._pace.took("add", 0.004)
    return pool


def job(name: str, *, size: int = 200) -> SimpleNamespace:
    """A job, as far as the pool looks at it to find a process."""
    return SimpleNamespace(task_name=name, _payload=(b"", b"", size))


def test_a_process_without_a_job_comes_first(pool: PromptPool) -> None:
    assert pool._place(job("add")) == 3


def test_then_one_that_will_have_none_soon_up_to_four(pool: PromptPool) -> None:
    pool._jobs_by_pipe[3] = [job("report")]
    places = []
    for _ in range(4):
        places.append(pool._place(job("add")))
        pool._jobs_by_pipe[5].append(job("add"))
    assert places == [5, 5, 5, None]


def test_never_one_whose_jobs_take_longer_than_a_moment_together(pool: PromptPool) -> None:
    pool._jobs_by_pipe[3] = [job("unknown")]
    pool._pace.took("add", 0.015)
    assert pool._place(job("add")) == 5
    pool._jobs_by_pipe[5].append(job("add"))
    assert pool._place(job("add")) is None


def test_what_is_large_goes_to_a_process_without_a_job_or_to_none(pool: PromptPool) -> None:
    assert pool._place(job("add", size=LARGE)) == 3
    pool._jobs_by_pipe[3] = [job("add")]
    assert pool._place(job("add", size=LARGE)) is None


def test_a_process_to_which_something_is_being_written_gets_nothing_else(pool: PromptPool) -> None:
    pool._active_writes.add(3)
    assert pool._place(job("add")) == 5


def test_what_waits_behind_a_task_that_takes_long_this_time_runs_elsewhere(
    own_url: str, own_client: httpx.Client, directory: Path, open_gate: str, gate: Path
) -> None:
    first, (long,) = submitted(own_client, *[open_gate] * MANY), submitted(own_client, str(gate))
    behind = submitted(own_client, *[open_gate] * MANY)
    with running_worker(directory, redis_url=own_url, **LONG):
        assert all_succeeded_at_once(own_client, first + behind)
        assert shown(own_client, long)["state"] == "running"
        gate.touch()
        assert all_succeeded_at_once(own_client, [long])


def test_what_waits_behind_a_task_that_kills_its_process_runs_and_is_not_blamed(
    own_url: str, own_client: httpx.Client, directory: Path, open_gate: str, gate: Path
) -> None:
    first, (deadly,) = submitted(own_client, *[open_gate] * MANY), submitted(own_client, str(gate))
    behind = submitted(own_client, *[open_gate] * MANY)
    with running_worker(directory, "-c", "1", redis_url=own_url, max_lost_runs=1, **LONG) as worker:
        in_state(own_client, deadly, "running")
        (process,) = descendants(worker.pid)
        os.kill(process.pid, signal.SIGKILL)
        assert all_succeeded_at_once(own_client, first + behind)
        assert ended(own_client, deadly)["error"]["type"] == "WorkerLostError"


def test_what_waits_behind_another_keeps_its_lease_after_the_connection_was_lost_meanwhile(
    own_url: str, own_client: httpx.Client, own_redis: Redis, directory: Path, open_gate: str, gate: Path
) -> None:
    after = gate.with_name("after")
    submitted(own_client, *[open_gate] * MANY)
    before, behind = submitted(own_client, str(gate), str(after))
    with running_worker(
        directory, "-c", "1", redis_url=own_url, **{**LONG, "lease": LEASE_SECONDS}
    ) as worker:
        in_state(own_client, before, "running")
        cut_connections(own_redis, worker)
        gate.touch()
        in_state(own_client, behind, "running")
        begun = monotonic()
        wait_until(lambda: monotonic() - begun > 2 * LEASE_SECONDS)
        after.touch()
        assert all_succeeded_at_once(own_client, [before, behind])


def test_a_large_input_is_not_written_behind_a_task_and_costs_it_nothing(
    own_url: str,
    own_client: httpx.Client,
    own_redis: Redis,
    directory: Path,
    tmp_path: Path,
    gate: Path,
    open_gate: str,
) -> None:
    submitted(own_client, *[open_gate] * MANY)
    (before,) = submitted(own_client, str(gate))
    large = [submit(own_client, "append", file=str(tmp_path / "trace"), line="x" * LARGE) for _ in range(4)]
    with running_worker(directory, "-c", "1", redis_url=own_url, **LONG) as worker:
        in_state(own_client, before, "running")
        cut_connections(own_redis, worker)
        gate.touch()
        assert all_succeeded_at_once(own_client, [before, *large])
        assert "damaged" not in worker.log


def test_a_worker_that_stops_while_inputs_wait_that_are_too_large_for_a_pipe_ends(
    own_url: str, own_client: httpx.Client, directory: Path, tmp_path: Path, gate: Path, open_gate: str
) -> None:
    submitted(own_client, *[open_gate] * MANY)
    (before,) = submitted(own_client, str(gate))
    large = [submit(own_client, "append", file=str(tmp_path / "trace"), line="x" * LARGE) for _ in range(4)]
    with running_worker(directory, "-c", "1", redis_url=own_url, **LONG) as worker:
        in_state(own_client, before, "running")
        worker.signal(signal.SIGTERM)
        wait_until(lambda: "Warm shutdown" in worker.log)
        gate.touch()
        worker.wait_for_end()
    with running_worker(directory, redis_url=own_url, **LONG):
        assert all_succeeded_at_once(own_client, [before, *large])


def test_a_time_limit_does_not_hit_the_task_that_follows(
    own_url: str, own_client: httpx.Client, directory: Path, tmp_path: Path, open_gate: str
) -> None:
    def is_followed_in_time() -> bool:
        """False where the process had no task waiting when the worker stopped, or was stopped too late: the machine is busy."""
        gate, after = (tmp_path / str(uuid4()) for _ in range(2))
        for _ in range(20):
            submit(own_client, "hold_for_a_second", until=open_gate)
        limited = submit(own_client, "hold_for_a_second", until=str(gate))
        (following,) = submitted(own_client, str(after))
        with running_worker(directory, "-c", "1", redis_url=own_url, **LONG) as worker:
            wait_until(lambda: shown(own_client, limited)["state"] != "queued")
            worker.signal(signal.SIGSTOP)
            gate.touch()
            begun = monotonic()
            wait_until(lambda: monotonic() - begun > 2)
            has_begun: bool = shown(own_client, following)["state"] == "running"
            worker.signal(signal.SIGCONT)
            was_in_time: bool = ended(own_client, limited)["state"] == "succeeded"
            (last,) = submitted(own_client, open_gate)
            after.touch()
            assert all_succeeded_at_once(own_client, [following, last])
        return was_in_time and has_begun

    assert wait_until(is_followed_in_time, 200)


def test_a_time_limit_holds_while_the_worker_stops(
    own_url: str, own_client: httpx.Client, directory: Path, gate: Path
) -> None:
    limited = submit(own_client, "hold_for_a_second", until=str(gate))
    with running_worker(directory, "-c", "1", redis_url=own_url, **LONG) as worker:
        in_state(own_client, limited, "running")
        worker.signal(signal.SIGTERM)
        worker.wait_for_end()
        assert ended(own_client, limited)["error"]["type"] == "SoftTimeLimitExceeded"


@pytest.mark.skipif(
    START_METHOD == "spawn", reason="starts dozens of processes, each of which takes seconds then"
)
@pytest.mark.parametrize(
    ("limit", "most", "count"), [("--max-tasks-per-child", "7", MANY), ("--max-memory-per-child", "1", 10)]
)
def test_a_process_that_ends_by_itself_leaves_none_behind(
    limit: str, most: str, count: int, own_url: str, own_client: httpx.Client, directory: Path, open_gate: str
) -> None:
    tasks = submitted(own_client, *[open_gate] * count)
    with running_worker(directory, limit, most, redis_url=own_url, **LONG) as worker:
        assert all_succeeded_at_once(own_client, tasks)
        assert "WorkerLostError" not in worker.log


def test_a_worker_that_is_told_to_stop_amid_short_tasks_loses_and_doubles_none(
    own_url: str, own_client: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    tasks = [submit(own_client, "append", file=str(trace), line=str(number)) for number in range(3 * MANY)]
    with running_worker(directory, redis_url=own_url, **LONG) as worker:
        wait_until(lambda: trace.exists() and trace.read_text().count("\n") >= MANY)
        worker.signal(signal.SIGTERM)
        worker.wait_for_end()
    with running_worker(directory, redis_url=own_url, **LONG):
        assert all_succeeded_at_once(own_client, tasks)
    assert sorted(map(int, trace.read_text().split())) == list(range(3 * MANY))
