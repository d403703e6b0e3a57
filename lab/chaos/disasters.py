"""The disasters of a trial, drawn by the seed, each undone later."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from random import Random
from threading import Event

from lab.chaos.hold import Hold
from lab.chaos.loops import (
    end_worker,
    kill_loop,
    kill_loops_as_they_claim,
    loops_of,
    stop_and_kill_loop,
    stop_loop,
)
from lab.chaos.plan import LEASE
from lab.chaos.proxy import Mode, Proxy
from lab.chaos.server import (
    Disaster,
    fail_over,
    kill_valkey,
    nothing,
    pause_valkey,
    refuse_for_its_disk,
    refuse_for_its_replicas,
    reset_all,
    set_clock,
    stall_valkey,
)
from lab.chaos.stage import APIS, WORKERS, Stage
from lab.chaos.work.pausing import MOVING_ON
from lab.harness.processes import descendants
from lab.harness.program import Program

TICK_SECONDS = 0.05
PAUSE_SECONDS = (0.1, 1.2)
DUE_SOON_SECONDS = 4.0
# Now and then it is calm for long enough that a lease ends: the keeper trusts none that ends right after a disturbance.
CALM_SHARE, CALM_SECONDS = 0.15, (2 * LEASE.total_seconds(), 3 * LEASE.total_seconds())
# After this it always is, so that a task which goes on without its lease has begun elsewhere before it ends: it is what the fence is
# for. And this happens by chance in a few milliseconds only.
OUTLIVED, MOVING = "worker's main process paused", "killed as a schedule moves on"
# Drawn or not, every few disasters it is these, and, at first, one of a loop.
REGULAR_EVERY, LOOPS_PLACE, REGULAR = 5, 0, {2: OUTLIVED, 4: MOVING}

# Every few disasters, at first in the second place, it is one of those that no living worker may lose a task to. By then what
# was broken is mended, and has been for so long that all leases of dead workers are over.
TRYING_EVERY, SETTLED_SECONDS = 6, 3 * LEASE.total_seconds()


class Disasters:
    """One after the other, some of them at the same time."""

    def __init__(self, stage: Stage, *, seed: int) -> None:
        """Nothing is broken yet."""
        self.counts: dict[str, int] = {}
        self.tried_runs: list[str] = []
        self.lost_runs: list[str] = []
        self._stage = stage
        self._random = Random(f"{seed}/disasters")
        self._undoing: list[Disaster] = []
        self._trying = cycle(self._random.sample(list(TRYING), len(TRYING)))

    def strike_until(self, is_over: Callable[[], bool]) -> None:
        """Break one thing, and another, until it is over; then everything is mended."""
        while not is_over():
            if sum(self.counts.values()) % TRYING_EVERY == 1:
                self._try_workers(next(self._trying))
            else:
                self._strike(self._drawn())
        self._undo_those_due_by(float("inf"))

    def _strike(self, name: str) -> None:
        self._count(name)
        seconds, undo = TABLE[name][1](self._stage, self._random)
        self._undoing.append((time.monotonic() + seconds, undo))
        self._pause(until=time.monotonic() + self._seconds(after=name))

    def _try_workers(self, name: str) -> None:
        """Let all live and settle, break this one thing, mend it, and see whether workers have what they had."""
        self._count(name)
        self._undo_those_due_by(float("inf"))
        self._stage.mend()
        self._stage.wait_until_it_serves()  # where all had ended, leases go on until somebody looks at them
        Event().wait(SETTLED_SECONDS)
        hold = Hold(self._stage.ports, lambda: loops_of(self._stage.workers))
        seconds, undo = TRYING[name](self._stage, self._random)
        Event().wait(seconds)
        undo()
        Event().wait(2 * LEASE.total_seconds())
        taken = hold.taken()
        self.tried_runs += hold.attempts
        self.lost_runs += [f"{task_id}: {name}" for task_id in taken]

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def _drawn(self) -> str:
        place = sum(self.counts.values()) % REGULAR_EVERY
        if place in REGULAR:
            return REGULAR[place]
        if place == LOOPS_PLACE:
            return self._random.choice(LOOPS)
        return self._random.choices(list(TABLE), [weight for weight, _ in TABLE.values()])[0]

    def _seconds(self, *, after: str) -> float:
        is_calm = self._random.random() < CALM_SHARE or after == OUTLIVED
        return self._random.uniform(*(CALM_SECONDS if is_calm else PAUSE_SECONDS))

    def _pause(self, *, until: float) -> None:
        while (moment := time.monotonic()) < until:
            self._undo_those_due_by(moment)
            Event().wait(min(TICK_SECONDS, until - moment))

    def _undo_those_due_by(self, moment: float) -> None:
        due = [entry for entry in self._undoing if entry[0] <= moment]
        self._undoing = [entry for entry in self._undoing if entry[0] > moment]
        for _, undo in due:
            undo()


def kill_worker(stage: Stage, random: Random) -> Disaster:
    """Its main process and all others."""
    worker = random.choice(stage.workers)
    worker.signal_all(signal.SIGKILL)
    return random.uniform(0, 2), worker.restart_if_ended


def kill_worker_main(stage: Stage, random: Random) -> Disaster:
    """The processes of its pool go on with what they run."""
    worker = random.choice(stage.workers)
    worker.signal(signal.SIGKILL)
    return random.uniform(0, 2), worker.restart_if_ended


def kill_child(stage: Stage, random: Random) -> Disaster:
    """One process of a pool."""
    worker = random.choice(stage.workers)
    loops = loops_of([worker])
    children = [each for each in descendants(worker.pid) if each.pid not in loops]
    if children:
        with suppress(ProcessLookupError):
            os.kill(random.choice(children).pid, signal.SIGKILL)
    return 0, nothing


def kill_api(stage: Stage, random: Random) -> Disaster:
    """With all that it was asked and has not answered."""
    api = random.choice(stage.apis)
    api.signal_all(signal.SIGKILL)
    return random.uniform(0, 1), api.restart_if_ended


def kill_as_it_moves_on(stage: Stage, random: Random) -> Disaster:
    """Whoever has submitted the task of a due time, and has not moved the schedule on yet; nobody, where nothing is due soon."""
    sides = [(stage.records.proxies[APIS], stage.apis), (stage.records.proxies[WORKERS], stage.workers)]
    for proxy, _ in sides:
        proxy.held.clear()
        proxy.hold = MOVING_ON
    deadline = time.monotonic() + DUE_SOON_SECONDS
    while not any(proxy.held.is_set() for proxy, _ in sides) and time.monotonic() < deadline:
        Event().wait(TICK_SECONDS)
    killed = [program for proxy, programs in sides if proxy.held.is_set() for program in programs]
    for program in killed:
        program.signal_all(signal.SIGKILL)
    for proxy, _ in sides:
        proxy.drop_held()

    def restart() -> None:
        for program in killed:
            program.restart_if_ended()

    return random.uniform(0, 1), restart


def reset_proxy(stage: Stage, random: Random) -> Disaster:
    """Every connection of the APIs, or of the workers."""
    random.choice(stage.proxies).reset()
    return 0, nothing


def lose_replies(stage: Stage, random: Random) -> Disaster:
    """What is asked is done, and nobody hears of it."""
    return misbehave(random.choice(stage.proxies), Mode.MUTE, random.uniform(0.05, 1))


def black_hole(stage: Stage, random: Random) -> Disaster:
    """Nothing gets through, and no connection breaks."""
    return misbehave(random.choice(stage.proxies), Mode.HOLE, random.uniform(0.5, 3))


def pause_worker(stage: Stage, random: Random) -> Disaster:
    """Often for longer than its leases last."""
    return pause(random.choice(stage.workers), random.uniform(0.5, 2.5 * LEASE.total_seconds()))


def pause_worker_main(stage: Stage, random: Random) -> Disaster:
    """Nobody renews the leases of what the processes of its pool go on with."""
    program = random.choice(stage.workers)
    program.signal(signal.SIGSTOP)
    seconds = random.uniform(2 * LEASE.total_seconds(), 4 * LEASE.total_seconds())
    return seconds, lambda: program.signal_all(signal.SIGCONT)


def pause_api(stage: Stage, random: Random) -> Disaster:
    """Its clients wait."""
    return pause(random.choice(stage.apis), random.uniform(0.5, 3))


# How often, in proportion, and what is done.
TABLE: dict[str, tuple[int, Callable[[Stage, Random], Disaster]]] = {
    "worker killed": (4, kill_worker),
    "worker's main process killed": (3, kill_worker_main),
    "pool process killed": (6, kill_child),
    "loop killed": (5, kill_loop),
    "loops killed as they claim": (3, kill_loops_as_they_claim),
    "loop stopped": (3, stop_loop),
    "loop stopped and killed": (2, stop_and_kill_loop),
    "worker ended": (3, end_worker),
    "API killed": (4, kill_api),
    MOVING: (3, kill_as_it_moves_on),
    "Valkey killed": (3, kill_valkey),
    "connections reset by Valkey": (4, reset_all),
    "connections reset on the way": (4, reset_proxy),
    "replies lost": (5, lose_replies),
    "black hole": (3, black_hole),
    "worker paused": (2, pause_worker),
    OUTLIVED: (6, pause_worker_main),
    "API paused": (2, pause_api),
    "Valkey paused": (2, pause_valkey),
}
LOOPS = [name for name in TABLE if name.startswith("loop")]
# What is done to Valkey for longer than a lease, while every worker lives: none may lose what it runs. Each in turn, so that
# no trial is without them.
TRYING: dict[str, Callable[[Stage, Random], Disaster]] = {
    "Valkey stalled": stall_valkey,
    "clock of Valkey set": set_clock,
    "Valkey cannot save": refuse_for_its_disk,
    "Valkey lacks replicas": refuse_for_its_replicas,
    "failover": fail_over,
}


def pause(program: Program, seconds: float) -> Disaster:
    """Stop all of it, and let it go on."""
    program.signal_all(signal.SIGSTOP)
    return seconds, lambda: program.signal_all(signal.SIGCONT)


def misbehave(proxy: Proxy, mode: Mode, seconds: float) -> Disaster:
    """Let this become of bytes, for a while."""
    proxy.mode = mode
    return seconds, proxy.mend
