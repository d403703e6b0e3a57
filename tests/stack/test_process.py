"""Processes that we start end with their whole group, and with us."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from celeriac.stack.processes import process
from lab.harness.checkout import ROOT
from lab.harness.processes import descendants, is_alive
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only

GRACE = timedelta(seconds=0.2)
SLEEP = "import time; time.sleep(600)"


@linux_only
def test_a_process_that_ends_when_asked_has_ended_by_itself() -> None:
    sleeper = process.start(["sleep", "600"])
    wait_until(lambda: "tether" not in command_of(sleeper.pid))
    assert process.stop(sleeper, grace=timedelta(seconds=10))
    assert process.ending(sleeper) == "by SIGTERM"


def test_a_process_that_does_not_end_is_killed_after_its_grace() -> None:
    deaf = process.start(
        [
            sys.executable,
            "-c",
            f"import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); {SLEEP}",
        ],
        output=subprocess.PIPE,
    )
    assert deaf.stdout is not None
    assert deaf.stdout.readline() == b"1\n"
    assert not process.stop(deaf, grace=GRACE)
    assert process.ending(deaf) == "by SIGKILL"
    deaf.stdout.close()


@linux_only
def test_what_a_process_started_ends_with_it() -> None:
    parent = process.start(["sh", "-c", "sleep 600 & sleep 600"])
    children = wait_until(lambda: [*descendants(parent.pid)] if len(descendants(parent.pid)) == 2 else [])
    process.kill(parent)
    wait_until(lambda: not any(is_alive(child.pid) for child in children))


@linux_only
def test_a_process_dies_with_the_one_that_started_it() -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from celeriac.stack.processes import process; process.start(['sleep', '600']); {SLEEP}",
        ],
        cwd=ROOT,
    )
    (child,) = wait_until(lambda: [one for one in descendants(starter.pid) if one.command == "sleep 600"])
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    wait_until(lambda: not is_alive(child.pid))


def test_a_program_that_cannot_be_run_ends_with_a_sentence(tmp_path: Path) -> None:
    missing = process.start([tmp_path / "nothing"], output=subprocess.PIPE)
    text, _ = missing.communicate()
    assert text.decode() == f"{tmp_path}/nothing cannot be run: No such file or directory.\n"
    assert process.ending(missing) == "with exit code 1"


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
