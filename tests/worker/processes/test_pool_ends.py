"""A pool process ends with all that it started, and loses no task."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.processes import descendants, is_alive
from lab.harness.program import Program
from lab.harness.servers import APP, OTHER, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, in_state, run, shown, submit
from tests.support.marks import linux_only

# One lost run ends a task, so a task that runs again was returned; no lease ends while a test runs.
SETTINGS: dict[str, Any] = {"lease": 600, "rescue_grace": 600, "max_lost_runs": 1, "shutdown_grace": 0.5}

pytestmark = linux_only


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests' own."""
    return new_database()


@pytest.fixture(scope="module")
def door(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API on it."""
    with running_api(directory, redis_url=url, **SETTINGS) as api, api.client() as client:
        yield client


@pytest.fixture(scope="module")
def worker(url: str, directory: Path) -> Iterator[Program]:
    """The worker of most tests."""
    with worker_of_the_stack(directory, url) as worker:
        yield worker


@contextmanager
def worker_of_the_stack(directory: Path, url: str, *options: str) -> Iterator[Program]:
    """A worker that hears SIGTERM as under `make run` and in the containers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMAP_SIGTERM", "SIGQUIT")
        with running_worker(directory, *options, redis_url=url, **SETTINGS) as worker:
            yield worker


class Files:
    """What a task leaves behind."""

    def __init__(self, directory: Path) -> None:
        """None is there yet."""
        self.child, self.mark, self.started = directory / "child", directory / "mark", directory / "started"

    @property
    def given(self) -> dict[str, str]:
        """The input of a task that tidies up."""
        return {"child": str(self.child), "mark": str(self.mark)}

    def program(self) -> int:
        """The process id of the program that the task has started, once it has."""
        return int(wait_until(lambda: self.child.read_text() if self.child.exists() else ""))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Of the test's one task."""
    return Files(tmp_path)


@pytest.mark.usefixtures("worker")
def test_a_task_that_is_terminated_tidies_up_and_what_it_started_is_gone(
    door: httpx.Client, files: Files
) -> None:
    task = submit(door, "tidy_up", **files.given)
    program = files.program()
    assert cancel(door, task, terminate=True).status_code == 202
    assert ended(door, task)["state"] == "cancelled"
    assert files.mark.read_text() == "tidied up"
    wait_until(lambda: not is_alive(program))


@pytest.mark.skipif(APP == OTHER, reason="Celery's own pool leaves it no time for that")
@pytest.mark.usefixtures("worker")
def test_so_does_one_that_runs_into_its_hard_limit(door: httpx.Client, files: Files) -> None:
    task = submit(door, "tidy_up_at_hard_limit", **files.given)
    program = files.program()
    assert ended(door, task)["error"]["type"] == "TimeLimitExceeded"
    wait_until(lambda: not is_alive(program))
    assert files.mark.read_text() == "tidied up"


@pytest.mark.parametrize("name", ["swallow", "hold_the_interpreter", "fail_to_tidy_up"])
@pytest.mark.usefixtures("worker")
def test_one_that_cannot_or_will_not_is_cancelled_all_the_same(
    name: str, door: httpx.Client, files: Files
) -> None:
    task = submit(door, name, started=str(files.started))
    wait_until(files.started.exists)
    cancel(door, task, terminate=True)
    assert ended(door, task)["state"] == "cancelled"


@pytest.mark.usefixtures("worker")
def test_a_process_whose_task_returns_although_it_was_told_to_end_runs_no_other(
    door: httpx.Client, files: Files
) -> None:
    task = submit(door, "end_although_told_to", started=str(files.started))
    wait_until(files.started.exists)
    cancel(door, task, terminate=True)
    assert ended(door, task)["result"] == "returned"
    assert [run(door, "leave")["error"]["type"] for _ in range(4)] == ["Exited"] * 4


def test_what_a_task_started_is_gone_with_a_process_that_is_killed(
    worker: Program, door: httpx.Client, files: Files
) -> None:
    task = submit(door, "tidy_up", **files.given)
    program = files.program()
    (process,) = [one.parent for one in descendants(worker.pid) if one.pid == program]
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not is_alive(program))
    assert ended(door, task)["error"]["type"] == "WorkerLostError"


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.usefixtures("worker")
def test_a_task_may_start_processes(method: str, door: httpx.Client) -> None:
    assert run(door, "start_processes", method=method)["result"] == [0, 1, 2, 3]


@pytest.mark.usefixtures("worker")
def test_which_hear_the_signals_that_are_meant_for_them(door: httpx.Client) -> None:
    assert run(door, "signal_processes")["result"] == [-15, -2, -15]


def test_after_the_grace_and_a_second_a_worker_stops_and_hands_back_whatever_its_tasks_do(
    own_url: str, own_client: httpx.Client, tmp_path: Path
) -> None:
    files = Files(tmp_path)
    with worker_of_the_stack(tmp_path, own_url, "-c", "4") as worker:
        tidy = submit(own_client, "tidy_up", **files.given)
        deaf = []
        for name in ("swallow", "hold_the_interpreter", "fail_to_tidy_up"):
            deaf.append(submit(own_client, name, started=str(tmp_path / name)))
            wait_until((tmp_path / name).exists)
        program = files.program()
        worker.signal(signal.SIGTERM)
        worker.wait_for_end()
        tasks = [tidy, *deaf]
        assert [shown(own_client, task)["state"] for task in tasks] == ["queued"] * 4
        assert files.mark.read_text() == "tidied up"
        wait_until(lambda: not is_alive(program))
        for task in tasks:
            assert document(cancel(own_client, task))["attempt"] == 1


def test_what_tasks_started_is_gone_with_a_worker_that_is_killed(
    own_url: str, own_client: httpx.Client, files: Files, tmp_path: Path
) -> None:
    with worker_of_the_stack(tmp_path, own_url, "-c", "1") as worker:
        task = submit(own_client, "tidy_up", **files.given)
        program = files.program()
        in_state(own_client, task, "running")
        os.kill(worker.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(program))
