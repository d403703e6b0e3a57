"""One loop process: a program with a socket to the main process."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from socket import socket, socketpair
from time import monotonic

from celeriac_worker.loop_control.runs import LoopRun, Runs
from celeriac_worker.loop_frames import (
    ALIVE_SECONDS,
    DUMP_SECONDS,
    Blocked,
    Frames,
    Order,
    Report,
    Start,
    line_of,
)

RECEIVED_AT_ONCE = 1 << 18


class LoopProcess:
    """A loop process. All but `order` is called by one thread; the times are those of `monotonic`."""

    def __init__(self, worker: str, queues: tuple[str, ...], log_level: str) -> None:
        """Start it with the options of `Start`. It leads a process group, and nothing of its socket is open in another process of ours."""
        self.socket, theirs = socketpair()
        self._stacks, their_stacks = socketpair()
        their_stacks.settimeout(0)
        with theirs, their_stacks:
            start = Start(theirs.fileno(), worker, queues, log_level, their_stacks.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-m", "celeriac_worker.loop", *start.to_arguments()],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), their_stacks.fileno()),
                start_new_session=True,
            )
        self.socket.settimeout(0)
        self._stacks.settimeout(0)
        self._frames = Frames(self.socket)
        self._orders: deque[Order] = deque()
        self._unsent = b""
        self.pid = self._process.pid
        self.runs = Runs()
        self.started_at = self.heard_at = monotonic()
        # When its event loop went on last; None: it has not begun.
        self.alive_at: float | None = None
        self.lag = 0.0
        # What holds its event loop up, and since when.
        self.blocked: Blocked | None = None
        self.blocked_since = 0.0
        # The tokens of the runs of which one does, if nobody can say which; None: it may be any.
        self.possible: frozenset[str] | None = None
        self.has_stopped = False
        # Whether it is in the log that it says nothing.
        self.silence_is_noted = False

    def receive(self) -> list[Report]:
        """What it has said meanwhile. Once it has ended, that is all that it ever said."""
        reports = [Report.from_line(line) for line in self._frames.lines(_read(self.socket))]
        for report in reports:
            self._note(report)
        return reports

    def stacks(self) -> str:
        """What it has dumped since the last question: where all its threads are."""
        return _read(self._stacks).decode(errors="replace")

    def is_held_up_at(self, place: str, runs: Sequence[LoopRun]) -> Blocked:
        """Note what it could not say itself: it is held up there by one of these runs; without any, nobody knows by what."""
        token, task_id = (runs[0].run.token, runs[0].run.task_id) if len(runs) == 1 else (None, None)
        self.blocked = Blocked(monotonic() - self.heard_at, task_id, token, place)
        self.blocked_since = self.heard_at
        self.possible = frozenset(run.run.token for run in runs) or None
        return self.blocked

    def order(self, order: Order) -> None:
        """Send it with the next `flush`; any thread may call it."""
        self._orders.append(order)

    def flush(self) -> None:
        """Send what it reads now."""
        while self._orders:
            self._unsent += line_of(self._orders.popleft())
        if self._unsent:
            with suppress(OSError):  # it does not read; it has just ended
                self._unsent = self._unsent[self.socket.send(self._unsent) :]

    def exit_code(self) -> int | None:
        """None: it has not ended. Minus the signal that has ended it."""
        return self._process.poll()

    def kill(self) -> None:
        """End it at once, with all that its tasks have started."""
        for end in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):  # the latter on macOS, of one that has ended
                end(self.pid, signal.SIGKILL)

    def join(self) -> None:
        """Return when it has ended, after `kill`."""
        self._process.wait()

    def forgive(self, seconds: float) -> None:
        """The main process itself did not go on for so long: what it did not hear then is held against nobody."""
        self.heard_at += seconds
        self.blocked_since += seconds

    def close(self) -> None:
        """Forget it, after its end."""
        self.socket.close()
        self._stacks.close()

    def _note(self, report: Report) -> None:
        now = self.heard_at = monotonic()
        self.silence_is_noted = False
        self.runs.take(report)
        if report.alive is not None:
            self.alive_at, self.lag, self.blocked, self.possible = now, report.alive, None, None
            if report.alive > (DUMP_SECONDS - ALIVE_SECONDS) / 2:
                self.stacks()  # they are of the past
        if report.blocked is not None:
            self.blocked, self.blocked_since = report.blocked, now - report.blocked.seconds
            self.possible = None
        self.has_stopped = self.has_stopped or report.stopped


def _read(connection: socket) -> bytes:
    """All that has arrived."""
    received = b""
    with suppress(BlockingIOError, ConnectionError):
        while part := connection.recv(RECEIVED_AT_ONCE):
            received += part
    return received
