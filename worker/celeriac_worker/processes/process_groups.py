"""Ends a pool process together with all that its task started.

Each process of the pool leads a group of its own (worker/celeriac_worker/processes/child.py). One that is told to end has a moment, in which the task's
`finally` runs; then the whole group is killed. So it is when a process ends otherwise, and when the worker itself is gone.

Upstream: https://github.com/celery/celery/issues/1106 (a terminated task leaves what it started).
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic, sleep

from billiard.common import TERM_SIGNAL

TIDY_SECONDS = 1.0

REAPER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py"))]


class Endings:
    """The ends of the processes of one pool. It takes no lock, so a signal handler can call it."""

    def __init__(self) -> None:
        """Begin; called after the pool has forked its processes."""
        # When each process that is to end is killed.
        self._due: dict[int, float] = {}
        self._next: SimpleQueue[tuple[int, float]] = SimpleQueue()
        Thread(target=self._go_on, name="endings", daemon=True).start()

    def end(self, pid: int) -> None:
        """Tell a process once to end, and kill its group after `TIDY_SECONDS`."""
        if pid not in self._due:
            self.expect(pid)
            with suppress(
                ProcessLookupError
            ):  # the signal is billiard's: SIGTERM may be remapped, and ignored then
                os.kill(pid, TERM_SIGNAL)

    def expect(self, pid: int) -> None:
        """Kill a process with its group, if it has not ended after `TIDY_SECONDS`."""
        due = self._due[pid] = monotonic() + TIDY_SECONDS
        self._next.put((pid, due))

    def ended(self, pid: int) -> None:
        """The process has ended: kill the rest of its group."""
        self._due.pop(pid, None)
        _kill_group(pid)

    def _go_on(self) -> None:
        while True:
            pid, due = self._next.get()
            sleep(max(0.0, due - monotonic()))
            if self._due.get(pid) == due and not _kill_group(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # it had no time to make a group of its own


class Reaper:
    """A small program that outlives the worker, and kills the remaining process groups."""

    def __init__(self) -> None:
        """Start it; called before the pool forks its processes. It leaves at once for a process of its own."""
        its_end, self._pipe = os.pipe()
        nowhere = subprocess.DEVNULL
        subprocess.run(
            REAPER, stdin=its_end, stdout=nowhere, stderr=nowhere, start_new_session=True, check=True
        )
        os.close(its_end)

    def watch(self, pid: int) -> None:
        """This process leads a group."""
        self._say(f"+{pid}\n")

    def watch_loop(self, pid: int) -> None:
        """Likewise, a loop process: without the worker, it returns its tasks and ends by itself, within a few seconds."""
        self._say(f"={pid}\n")

    def forget(self, pid: int) -> None:
        """Its group is gone."""
        self._say(f"-{pid}\n")

    def close(self) -> None:
        """Called in a process of the pool, which must not hold open what ends with the worker."""
        os.close(self._pipe)

    def _say(self, line: str) -> None:
        with suppress(BrokenPipeError):  # somebody has killed it
            os.write(self._pipe, line.encode())


def _kill_group(pid: int) -> bool:
    """False: there is none."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # the latter on macOS, of one that has ended
        return False
    return True
