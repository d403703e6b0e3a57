"""Starts programs for tests, measurements and trials; their output goes to files."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, Signals
from subprocess import TimeoutExpired

from celeriac.stack.processes import process
from celeriac.stack.processes.process import Process
from lab.harness.forks import Fork, fork_server
from lab.harness.processes import descendants, is_alive
from lab.harness.waiting import wait_until

# `make coverage` says so to the programs that it starts, and these to theirs.
IS_MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ
MEASURED_SECONDS = 15


class Program:
    """A program that ends with this process, however that ends.

    It is not waited for unless that is asked for: until then no other process can have got its number.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        port: int = 0,
        directory: Path | None = None,
        imports: Sequence[str] = (),
    ) -> None:
        """Start it, in a directory (None: in ours). `log` takes what it writes; the port is 0 for one that serves none.

        With `imports`, and where the command runs a module of Python, it is forked from a process that has imported these.
        """
        self.port = port
        self._imports = imports
        self._command, self._environment, self._log, self._directory = command, environment, log, directory
        self._processes: list[Process | Fork] = [self._start()]

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Of its main process, which may have ended; of the last one where it was restarted."""
        return self._process.pid

    def signal(self, number: Signals) -> None:
        """Send a signal to its main process."""
        if self._process.returncode is None:
            os.kill(self.pid, number)

    def signal_all(self, number: Signals) -> None:
        """Send it to its whole group, and to the processes of a worker's pool, each of which leads a group of its own."""
        pool = descendants(self.pid)
        os.killpg(self.pid, number)
        for child in pool:
            with suppress(ProcessLookupError):
                os.kill(child.pid, number)

    def ending(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def restart_if_ended(self) -> None:
        """Start it again, unless it runs; what is left of it, if anything, goes on by itself."""
        if self._process.returncode is not None or not is_alive(self.pid):
            self._processes.append(self._start())

    def kill(self) -> None:
        """End all that was ever started here, at once, as a crash would."""
        for each in self._processes:
            _kill(each)

    def stop(self) -> None:
        """End it when it is no longer needed; where coverage is measured it has time to write what it saw."""
        if IS_MEASURED:
            with suppress(TimeoutExpired):
                self._process.terminate()
                self._process.wait(MEASURED_SECONDS)
        self.kill()

    def wait_for_end(self) -> None:
        """Return when its main process has ended."""
        wait_until(lambda: self.ending() is not None, what="the end of a program")

    def wait_for_success(self) -> None:
        """Return when it has done its work, however long that takes; `RuntimeError` has its log when it has failed."""
        if self._process.wait():
            raise RuntimeError(f"A program has failed:\n{self.log}")

    def wait_until(self, is_ready: Callable[[], bool], *, timeout: float = 60.0) -> None:
        """Return when it is ready; `RuntimeError` has its log when it has ended."""
        wait_until(lambda: is_ready() or self.ending() is not None, timeout, what="the start of a program")
        if self.ending() is not None:
            raise RuntimeError(f"A program has ended:\n{self.log}")

    def wait_until_it_listens(self) -> None:
        """Return when its port takes connections."""
        self.wait_until(lambda: listens(self.port))

    def wait_until_it_says(self, word: str) -> None:
        """Return when its log has this word, which may take minutes: of a load, say, that opens thousands of connections."""
        self.wait_until(lambda: word in self.log, timeout=600)

    @property
    def _process(self) -> Process | Fork:
        return self._processes[-1]

    def _start(self) -> Process | Fork:
        with self._log.open("ab") as output:
            server = fork_server(self._imports) if self._imports else None
            if server is not None and server.can_fork(self._environment):
                return server.start(
                    self._command[2:], self._environment, output, self._directory or Path.cwd()
                )
            return process.start(
                self._command, environment=self._environment, output=output, directory=self._directory
            )


def _kill(ours: Process | Fork) -> None:
    with suppress(ProcessLookupError):
        os.killpg(ours.pid, SIGKILL)
    ours.wait()


def listens(port: int) -> bool:
    """Whether a server listens there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
