"""Starts a whole stack as `make run` does, on a free port."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from celeriac.stack.processes.ports import free_port
from lab.harness.checkout import ROOT
from lab.harness.processes import Process, descendants
from lab.harness.servers import environment
from lab.harness.waiting import wait_until

CELERIAC = [sys.executable, "-m", "celeriac.command"]
READY = "Celeriac is ready."


class Stack:
    """`celeriac up`, with its data and its output in a directory."""

    def __init__(self, directory: Path, **settings: str) -> None:
        """Start it. `settings` are those of the environment without their prefix: `port="8010"`."""
        directory.mkdir(exist_ok=True)
        self.port = int(settings.setdefault("port", str(free_port())))
        settings = {"data_dir": str(directory / "data"), "shutdown_grace": "1", **settings}
        self._output = directory / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*CELERIAC, "up", *([] if "tasks" in settings else ["worker/tasks"])],
                cwd=ROOT,
                env=environment(**settings),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self._output.read_text()

    def wait_until_ready(self) -> None:
        """Return when it says that it is; fails when it has ended."""
        wait_until(
            lambda: READY in self.output or self._process.poll() is not None, 60, what="the stack's start"
        )
        if READY not in self.output:
            raise RuntimeError(f"The stack has ended:\n{self.output}")

    def api(self) -> httpx.Client:
        """A client of its API."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor alone."""
        self._process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for its end."""
        return self._process.wait(60)

    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def processes(self) -> list[Process]:
        """All that it has started and that runs."""
        return descendants(self._process.pid)

    def part(self, words: str) -> Process:
        """The main process of a part, by words of its command."""
        parts = [
            part_process
            for part_process in self.processes()
            if part_process.parent == self._process.pid and words in part_process.command
        ]
        return parts[0]

    def end(self) -> None:
        """At the end of a test, however it went."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running_stack(directory: Path, **settings: str) -> Iterator[Stack]:
    """A stack that is ready, and gone afterwards."""
    stack = Stack(directory, **settings)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stack.end()


@contextmanager
def refused_stack(directory: Path, **settings: str) -> Iterator[Stack]:
    """A stack that is not expected to become ready."""
    stack = Stack(directory, **settings)
    try:
        yield stack
    finally:
        stack.end()
