"""The disasters of loop processes."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from threading import Event

from lab.chaos.plan import BLOCKED_LIMIT, SHUTDOWN_GRACE
from lab.chaos.server import Disaster, nothing
from lab.chaos.stage import WORKERS, Stage
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.waiting import wait_until

# How Redis grants a claim: then the task is claimed, and its loop has not heard of it.
GRANTED = b"granted"
CLAIM_SECONDS, TICK_SECONDS = 3.0, 0.02
# How much longer than its grace the end of a worker may take.
ENDING_SECONDS = 15.0


def loops_of(workers: Sequence[Program]) -> list[int]:
    """The loop processes of workers."""
    return [
        each.pid
        for worker in workers
        for each in descendants(worker.pid)
        if "celeriac_worker.loop" in each.command
    ]


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """Send a signal to those that are left."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_loop(stage: Stage, random: Random) -> Disaster:
    """With all that it runs."""
    send(loops_of([random.choice(stage.workers)]), signal.SIGKILL)
    return 0, nothing


def kill_loops_as_they_claim(stage: Stage, _: Random) -> Disaster:
    """Those who have claimed something, and have not heard of it yet."""
    proxy = stage.records.proxies[WORKERS]
    proxy.held.clear()
    proxy.hold = GRANTED
    proxy.held.wait(CLAIM_SECONDS)
    Event().wait(TICK_SECONDS)  # the other claims of the packet arrive, too
    send(loops_of(stage.workers), signal.SIGKILL)
    proxy.drop_held()
    return 0, nothing


def stop_loop(stage: Stage, random: Random) -> Disaster:
    """For less than its main process waits, or for more."""
    pids = loops_of([random.choice(stage.workers)])
    send(pids, signal.SIGSTOP)
    seconds = random.uniform(0.5, 1.5 * BLOCKED_LIMIT.total_seconds())
    return seconds, lambda: send(pids, signal.SIGCONT)


def stop_and_kill_loop(stage: Stage, random: Random) -> Disaster:
    """What Redis has sent it meanwhile is read by nobody."""
    pids = loops_of([random.choice(stage.workers)])
    send(pids, signal.SIGSTOP)
    seconds = random.uniform(0.5, 0.8 * BLOCKED_LIMIT.total_seconds())
    return seconds, lambda: send(pids, signal.SIGKILL)


def end_worker(stage: Stage, random: Random) -> Disaster:
    """As a service manager does; what runs has its grace, or, as a rule of Celery's, any time."""
    worker = random.choice(stage.workers)
    worker.signal(random.choice((signal.SIGTERM, signal.SIGQUIT)))

    def restart() -> None:
        with suppress(AssertionError):  # it takes its time
            wait_until(lambda: worker.ending() is not None, ENDING_SECONDS)
        worker.restart_if_ended()

    return SHUTDOWN_GRACE.total_seconds() + random.uniform(0, 2), restart
