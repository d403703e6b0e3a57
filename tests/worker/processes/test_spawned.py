"""The pool works with spawned processes, as on macOS."""

import os
import signal
import sys
from pathlib import Path

import httpx

from lab.harness.processes import descendants, is_alive
from lab.harness.program import Program
from lab.harness.servers import ALL_TASKS, ALONE, SPAWN, environment, new_log
from lab.harness.waiting import wait_until
from tests.support.door import cancel, ended, in_state, run, shown, submit
from tests.support.marks import linux_only

# What such a process would say at its start, in a form of its own.
NOISE = ("calling self.run()", "CDeprecationWarning")

pytestmark = linux_only


def test_spawned_processes_run_tasks_let_them_tidy_up_run_them_again_and_hand_them_back(
    own_url: str, own_client: httpx.Client, tmp_path: Path
) -> None:
    worker = spawning_worker(own_url, tmp_path)
    try:
        assert [run(own_client, "add", x=number, y=1)["result"] for number in range(20)] == list(range(1, 21))
        tidies_up(own_client, tmp_path)
        runs_again(own_client, worker, tmp_path)
        is_returned(own_client, worker, tmp_path)
    finally:
        worker.kill()
    assert [words for words in NOISE if words in worker.log] == []


def spawning_worker(url: str, directory: Path) -> Program:
    """A worker as one starts it by hand: Celery finds the packages in the directory, not on a path."""
    command = [
        Path(sys.executable).with_name("celery"),
        "-A",
        "celeriac_worker.app",
        "worker",
        "-c",
        "2",
        *ALONE,
    ]
    settings = {"lease": 600, "rescue_grace": 600, "shutdown_grace": 0.2, "log_format": "json"}
    variables = environment(redis_url=url, tasks=ALL_TASKS, **settings)
    variables |= {"PYTHONPATH": str(SPAWN), "REMAP_SIGTERM": "SIGQUIT"}
    command_line = [*map(str, command), "--loglevel", "INFO"]
    worker = Program(command_line, variables, new_log(directory, "worker"))
    wait_until(lambda: " ready." in worker.log or worker.ending() is not None, 120)
    assert worker.ending() is None, worker.log
    return worker


def tidies_up(client: httpx.Client, directory: Path) -> None:
    """A task that is terminated."""
    child, mark = directory / "child", directory / "mark"
    task = submit(client, "tidy_up", child=str(child), mark=str(mark))
    program = int(wait_until(lambda: child.read_text() if child.exists() else ""))
    cancel(client, task, terminate=True)
    assert ended(client, task)["state"] == "cancelled"
    assert mark.read_text() == "tidied up"
    wait_until(lambda: not is_alive(program))


def runs_again(client: httpx.Client, worker: Program, directory: Path) -> None:
    """A task whose process is killed."""
    gate = directory / "gate"
    task = submit(client, "hold", until=str(gate))
    in_state(client, task, "running")
    for process in descendants(worker.pid):
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: shown(client, task)["attempt"] == 2, 120)
    gate.touch()
    assert ended(client, task)["state"] == "succeeded"


def is_returned(client: httpx.Client, worker: Program, directory: Path) -> None:
    """A task whose worker stops."""
    task = submit(client, "hold", until=str(directory / "never"))
    in_state(client, task, "running")
    worker.signal(signal.SIGTERM)
    wait_until(lambda: worker.ending() is not None, 60)
    assert shown(client, task)["state"] == "queued"
