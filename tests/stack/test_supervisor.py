"""The supervisor stops what it has started, also when it is at fault itself."""

import asyncio
import subprocess
from datetime import timedelta

import pytest

from celeriac.stack.processes import process
from celeriac.stack.processes.process import Process
from celeriac.stack.processes.supervisor import Supervisor
from celeriac.stack.terminal import Terminal


def test_a_fault_of_its_own_is_raised_after_all_was_stopped() -> None:
    started: list[Process] = []

    async def start(supervisor: Supervisor) -> None:
        sleeper = process.start(["sleep", "600"], output=subprocess.PIPE)
        started.append(sleeper)
        supervisor.add("worker", sleeper, grace=timedelta(seconds=10))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(Supervisor(Terminal()).run(start))
    assert process.ending(started[0]) == "by SIGTERM"


def test_the_last_lines_of_a_part_that_crashed_are_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    async def start(supervisor: Supervisor) -> None:
        crashing = process.start(["sh", "-c", "seq 100; printf 'no end'; exit 7"], output=subprocess.PIPE)
        supervisor.add("worker", crashing, grace=timedelta(seconds=10))

    assert asyncio.run(Supervisor(Terminal()).run(start)) == 1
    shown = capsys.readouterr().out
    again = shown.partition("The worker has ended with exit code 7. Its last lines were:\n")[2].splitlines()
    assert [line.partition("│ ")[2] for line in again[:15]] == [*map(str, range(87, 101)), "no end"]


def test_a_line_longer_than_any_buffer_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    async def start(supervisor: Supervisor) -> None:
        talkative = process.start(
            ["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"], output=subprocess.PIPE
        )
        supervisor.add("worker", talkative, grace=timedelta(seconds=10))

    asyncio.run(Supervisor(Terminal()).run(start))
    assert "x" * 300_000 in capsys.readouterr().out
