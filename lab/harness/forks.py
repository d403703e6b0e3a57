"""Starts programs as forks of a process that has imported their modules.

Most of the CPU time of a start is that of imports.
"""

import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryFile
from typing import IO, Any

from celeriac.stack.processes import process
from lab.harness.checkout import ROOT, python_path

LONGEST_ANSWER = 100


class Fork:
    """A forked program, with the part of `subprocess.Popen` that the harness uses."""

    def __init__(self, server: "ForkServer", pid: int) -> None:
        """It runs already."""
        self.pid = pid
        self.returncode: int | None = None
        self._server = server
        self._ending = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.exit_code(self.pid)
            if self.returncode is not None:
                os.close(self._ending)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code when it has ended; `TimeoutExpired` when it runs for longer (in seconds)."""
        if self.returncode is None and not select.select([self._ending], [], [], timeout)[0]:
            raise TimeoutExpired(f"process {self.pid}", timeout or 0)
        while (code := self.poll()) is None:
            pass  # it has ended, or is about to
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


class ForkServer:
    """Forks programs from one process that has these modules."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Start it; it ends with the thread that calls this."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "lab.harness.fork_server", str(its.fileno()), *modules]
        environment = {**os.environ, "PYTHONPATH": python_path(), "PYTHONUNBUFFERED": "1"}
        self._environment = _read_by_imports(environment)
        self._log = TemporaryFile()  # noqa: SIM115 - it is read when the process has ended
        self._process = process.start(
            command, environment=environment, output=self._log, keep_open=[its.fileno()], directory=ROOT
        )
        its.close()
        self._connection = ours
        self._lock = threading.Lock()

    def can_fork(self, environment: Mapping[str, str]) -> bool:
        """Whether a fork is what a start is: what the imports have read is the same."""
        return _read_by_imports(environment) == self._environment

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], output: IO[bytes], directory: Path
    ) -> Fork:
        """Run a module with these arguments, as `python -m` does."""
        request = {
            "command": command,
            "environment": dict(environment),
            "directory": str(directory),
            "parent": self._process.pid,
        }
        return Fork(self, self._ask(request, [output.fileno()]))

    def exit_code(self, pid: int) -> int | None:
        """The exit code of a program; None while it runs."""
        code: int | None = self._ask({"pid": pid})
        return code

    def _ask(self, request: dict[str, Any], files: Sequence[int] = ()) -> Any:
        with self._lock:
            socket.send_fds(self._connection, [json.dumps(request).encode()], files)
            answer = self._connection.recv(LONGEST_ANSWER)
        if not answer:
            self._log.seek(0)
            raise RuntimeError(f"The process that forks programs has ended:\n{self._log.read().decode()}")
        return json.loads(answer)


def _read_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    """All variables but Celeriac's settings, which are read at the start, and pytest's."""
    return {
        name: value for name, value in environment.items() if not name.startswith(("CELERIAC_", "PYTEST_"))
    }


# One for each set of modules: the API never has Celery's.
_server_with = cache(ForkServer)


def fork_server(modules: Sequence[str]) -> ForkServer | None:
    """The one with these modules; None where there is none: but for Linux, where coverage is measured, and in threads, with which it would end."""
    is_main = threading.current_thread() is threading.main_thread()
    if sys.platform != "linux" or "COVERAGE_PROCESS_CONFIG" in os.environ or not is_main:
        return None
    return _server_with(tuple(modules))
