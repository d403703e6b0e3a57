"""The loop processes of a worker: a thread that starts, watches, replaces and ends them."""

import logging
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from select import POLLIN, poll
from socket import socketpair
from threading import Event, Lock, Thread
from time import monotonic, sleep

from celeriac.settings import Settings
from celeriac_worker.loop_control.aftermath import Aftermath
from celeriac_worker.loop_control.judgement import Verdict, verdict_on
from celeriac_worker.loop_control.loop_process import LoopProcess
from celeriac_worker.loop_control.runs import LoopRun, order_after
from celeriac_worker.loop_control.stacks import Function, hold_up_in
from celeriac_worker.loop_frames import Blocked, Order
from celeriac_worker.processes.process_groups import Reaper

INTERVAL_SECONDS = 0.1
# Longer turns of the thread are those of a worker that was stopped as a whole.
STOPPED_SECONDS = 0.5
# How long a loop may take to return what it has, after its grace.
RETURN_SECONDS = 3.0
# How long the end of the worker waits until it is settled what a killed loop had: Redis may be away.
SETTLE_SECONDS = 5.0
# Between the starts of processes that end before their event loop begins: the first one follows at once.
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
# After so long, something is done about a process that says nothing.
SILENT_SECONDS = 1.6
SILENT = "%s: it has been silent for %.1f s; it is stopped, or code in it does not release the interpreter"
# For how long a loop may be away before the worker does not count as healthy.
AWAY_SECONDS = 30.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Place:
    """Where loop processes run, one after the other. The times are those of `monotonic`."""

    went_on_at: float
    process: LoopProcess | None = None
    starts_at: float = 0.0
    # How many in a row ended before their event loop began.
    failures: int = 0


class Loops:
    """All loop processes of a worker. `stop` can be called in a signal handler."""

    def __init__(
        self,
        settings: Settings,
        queues: Iterable[str],
        start_process: Callable[[tuple[str, ...]], LoopProcess],
        aftermath: Aftermath,
        reaper: Reaper,
        functions: Mapping[str, Function],
    ) -> None:
        """Nothing runs before `start`."""
        self.queues = tuple(sorted(queues))
        self.concurrency = settings.loops * settings.async_concurrency
        self._functions = functions
        self._start_process, self._aftermath, self._reaper = start_process, aftermath, reaper
        self._blocked_limit = settings.blocked_limit.total_seconds()
        self._places = [Place(went_on_at=monotonic()) for _ in range(settings.loops)]
        # What processes had that have ended, until it is settled what becomes of it: its leases are renewed as long.
        self._unsettled: list[Sequence[LoopRun]] = []
        self._forking = Lock()
        self._wakes, self._wake = socketpair()
        self._wake.settimeout(0)
        self._grace: float | None = None
        self._kills_at: float | None = None
        self._all_ended = Event()

    def start(self) -> None:
        """Begin. A process of the pool that is forked at any time has none of the sockets, which end with this process."""
        os.register_at_fork(
            before=self._forking.acquire,
            after_in_parent=self._forking.release,
            after_in_child=self._close_sockets,
        )
        Thread(target=self._go_on, name="loops", daemon=True).start()

    def stop(self, grace: float) -> None:
        """Let all of them end. What runs may go on for so many seconds, and is returned then."""
        self._grace = grace
        self._wake.send(b"x")

    @property
    def are_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._grace is not None

    def wait(self) -> None:
        """Return when all have ended, after `stop`, and what they had is returned."""
        self._all_ended.wait()
        end = monotonic() + SETTLE_SECONDS
        while self._unsettled and monotonic() < end:
            sleep(INTERVAL_SECONDS)

    def runs(self) -> list[LoopRun]:
        """All that they have, and whose leases are to be renewed."""
        processes = [place.process for place in self._places]
        running = [run for process in processes if process is not None for run in process.runs.all()]
        return [*running, *(run for runs in list(self._unsettled) for run in runs)]

    def obey(self, answers: Iterable[tuple[LoopRun, str]]) -> None:
        """Pass on what renew_leases.lua answers for these runs."""
        by_token = {run.run.token: (run, answer) for run, answer in answers}
        for process in [place.process for place in self._places]:
            if process is not None:
                theirs = [by_token[run.run.token] for run in process.runs.all() if run.run.token in by_token]
                if order := order_after(theirs):
                    process.order(order)

    def are_healthy(self) -> bool:
        """Whether each event loop went on, or began, a short time ago."""
        oldest = min(place.went_on_at for place in self._places)
        return self._grace is not None or monotonic() - oldest < self._blocked_limit + AWAY_SECONDS

    @property
    def lag(self) -> float:
        """By how many seconds the slowest event loop is late."""
        return max((place.process.lag for place in self._places if place.process is not None), default=0.0)

    def _go_on(self) -> None:
        ordered_grace: float | None = None
        went_on_at = monotonic()
        while True:
            self._await()
            self._forgive(monotonic() - went_on_at - INTERVAL_SECONDS)
            went_on_at = monotonic()
            if self._grace is not None and self._grace != ordered_grace:
                ordered_grace = self._grace
                self._order_stop(ordered_grace)
            for place in self._places:
                self._look_after(place)
            if self._grace is not None and not any(place.process for place in self._places):
                self._all_ended.set()
                return

    def _forgive(self, seconds: float) -> None:
        if seconds > STOPPED_SECONDS:
            for place in self._places:
                if place.process is not None:
                    place.process.forgive(seconds)

    def _await(self) -> None:
        """Return when one of them says something, or after a moment."""
        ready = poll()
        ready.register(self._wakes, POLLIN)
        for place in self._places:
            if place.process is not None:
                ready.register(place.process.socket, POLLIN)
        if self._wakes.fileno() in dict(ready.poll(INTERVAL_SECONDS * 1000)):
            self._wakes.recv(64)

    def _order_stop(self, grace: float) -> None:
        self._kills_at = monotonic() + grace + RETURN_SECONDS
        for place in self._places:
            if place.process is not None:
                place.process.order(Order(stop=grace))

    def _look_after(self, place: Place) -> None:
        process = place.process
        if process is None:
            if self._grace is None and monotonic() >= place.starts_at:
                place.process = self._started()
            return
        exit_code = process.exit_code()  # asked first: what is read then is all
        self._hear(process)
        if process.alive_at is not None:
            place.went_on_at, place.failures = process.alive_at, 0
        if exit_code is not None:
            self._bury(place, process, _riddle_of(process, exit_code))
        elif verdict := self._verdict_on(process):
            process.kill()
            process.join()
            self._hear(process)
            self._bury(place, process, verdict)
        else:
            process.flush()

    def _started(self) -> LoopProcess:
        with self._forking:
            process = self._start_process(self.queues)
        self._reaper.watch_loop(process.pid)
        logger.info("%s: it runs the async tasks of the queues %s", _name(process), ", ".join(self.queues))
        return process

    def _hear(self, process: LoopProcess) -> None:
        for report in process.receive():
            if report.blocked is not None:
                _warn(process, report.blocked)
        silence = monotonic() - process.heard_at
        if process.alive_at and not process.blocked and silence > SILENT_SECONDS:
            self._look_into(process, silence)

    def _look_into(self, process: LoopProcess, silence: float) -> None:
        """It says nothing: no thread of it can run, or it is stopped."""
        if hold_up := hold_up_in(process.stacks(), process.runs.all(), self._functions):
            _warn(process, process.is_held_up_at(hold_up.place, hold_up.runs))
        elif not process.silence_is_noted:
            process.silence_is_noted = True
            logger.warning(SILENT, _name(process), silence)

    def _verdict_on(self, process: LoopProcess) -> Verdict | None:
        now = monotonic()
        if self._kills_at is not None and now > self._kills_at:
            return Verdict("the worker stops")
        return verdict_on(process, now, blocked_limit=self._blocked_limit)

    def _bury(self, place: Place, process: LoopProcess, verdict: Verdict) -> None:
        """A process has ended: settle what it had, and start another at once, unless it ended as it began."""
        process.kill()  # what its tasks have started
        self._reaper.forget(process.pid)
        place.process = None
        if process.alive_at is None:
            place.failures += 1
            pause = PAUSE_SECONDS * 2 ** min(place.failures - 1, 10) if place.failures > 1 else 0.0
            place.starts_at = monotonic() + min(pause, LONGEST_PAUSE_SECONDS)
        runs = process.runs.all()
        if runs or not process.has_stopped:
            pause = max(0.0, place.starts_at - monotonic())
            again = "" if self._grace is not None else f"; another one starts in {pause:.1f} s"
            logger.error("%s: %s; it had %d tasks%s", _name(process), verdict.reason, len(runs), again)
        if runs:
            self._unsettled.append(runs)
            Thread(target=self._settle, args=(runs, verdict), name="loop-aftermath", daemon=True).start()
        process.close()

    def _settle(self, runs: Sequence[LoopRun], verdict: Verdict) -> None:
        try:
            self._aftermath.settle(runs, verdict)
        finally:
            self._unsettled.remove(runs)

    def _close_sockets(self) -> None:
        """In a process of the pool."""
        for place in self._places:
            if place.process is not None:
                place.process.close()


def _riddle_of(process: LoopProcess, exit_code: int) -> Verdict:
    if process.has_stopped:
        return Verdict("the worker stops")
    how = _signal(-exit_code) if exit_code < 0 else f"exitcode {exit_code}"
    if process.alive_at is None:
        return Verdict(f"Loop process ended before its event loop began: {how}", is_riddle=True)
    return Verdict(f"Loop process exited prematurely: {how}", is_riddle=True)


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:  # one that has no name
        return f"signal {number}"


def _warn(process: LoopProcess, blocked: Blocked) -> None:
    run = process.runs.of(blocked.token)
    if run is None:
        logger.warning(
            "%s: the loop is held up for %.1f s by %s", _name(process), blocked.seconds, blocked.place
        )
        return
    logger.warning(
        "%s: the loop is held up for %.1f s by task %s (%s), %s",
        _name(process),
        blocked.seconds,
        run.run.task_id,
        run.run.name,
        blocked.place,
        extra={"task_id": run.run.task_id, "task_name": run.run.name},
    )


def _name(process: LoopProcess) -> str:
    return f"loop process {process.pid}"
