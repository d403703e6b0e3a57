"""Finds the line of code that holds up the event loop, in a thread."""

import asyncio
import faulthandler
import linecache
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from celeriac_worker.loop.runs.run import Run
from celeriac_worker.loop_frames import DUMP_SECONDS, HELD_UP_SECONDS, Blocked, Report
from celeriac_worker.run.task_traceback import AROUND

INTERVAL_SECONDS = 0.25
# Code under these is not the author's.
_OTHERS = (
    *AROUND,
    *(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<",
)


class Watch:
    """Of the loop of the thread that makes it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        runs: Callable[[], Iterable[Run]],
        send: Callable[[Report], None],
        stacks: int | None = None,
    ) -> None:
        """Nothing is watched before `start`. Into the pipe `stacks` goes where the loop is, if no thread can run."""
        self._stacks = stacks
        self._loop, self._runs, self._send = loop, runs, send
        self._thread_id = threading.get_ident()
        self._turned_at = time.monotonic()
        self._place_sent = ""

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._go_on, name="watch", daemon=True).start()

    def turn(self) -> None:
        """The loop has turned."""
        self._turned_at = time.monotonic()
        self._place_sent = ""
        if self._stacks is not None:
            faulthandler.dump_traceback_later(DUMP_SECONDS, file=self._stacks)

    def _go_on(self) -> None:
        woke_at = time.monotonic()
        while True:
            time.sleep(INTERVAL_SECONDS)
            now = time.monotonic()
            late = now - woke_at - INTERVAL_SECONDS
            woke_at = now
            if late > INTERVAL_SECONDS:  # the whole process was stopped: no task held it up meanwhile
                self._turned_at += late
            seconds = now - self._turned_at
            if seconds < HELD_UP_SECONDS:
                continue
            try:
                self._look(seconds)
            except OSError:  # the main process is gone
                return

    def _look(self, seconds: float) -> None:
        run, place = self._run(), self._place()
        task_id, token = (run.task_id, run.delivery.token) if run else (None, None)
        if place != self._place_sent:
            self._place_sent = place
            self._send(Report(blocked=Blocked(round(seconds, 1), task_id, token, place)))
        if run is not None and token is not None and self._loop.time() > run.hard_at:
            self._send(Report(overdue=(token,)))

    def _run(self) -> Run | None:
        """That in which the loop stands."""
        task = asyncio.current_task(self._loop)
        if task is None:
            return None
        return next((run for run in list(self._runs()) if run.task is task or task in run.children), None)

    def _place(self) -> str:
        frames = list(_outward(sys._current_frames().get(self._thread_id)))  # noqa: SLF001 - there is no other way
        if not frames:
            return "unknown"
        frame = next((each for each in frames if not each.f_code.co_filename.startswith(_OTHERS)), frames[0])
        file, line = frame.f_code.co_filename, frame.f_lineno
        return f'File "{file}", line {line}, {linecache.getline(file, line).strip() or frame.f_code.co_name}'


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
