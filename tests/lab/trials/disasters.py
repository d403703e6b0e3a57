"""The trials: each breaks one thing and lists the harm."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from threading import Event
from typing import NamedTuple

from lab.chaos.proxy import Mode
from lab.harness.program import Program
from lab.harness.waiting import wait_until
from tests.lab.trials.pools import Pool

RECOVERY_SECONDS = 15.0
HANG_SECONDS = 60.0
RESTARTS_EVERY_SECONDS = 4.0
SUBMITTED_EVERY_SECONDS = 0.05
# A task submitted after a disaster may be lost to it, too.
ANOTHER_EVERY_SECONDS = 5.0
CANARIES = 5


def killed_while_it_runs_a_task(pool: Pool) -> list[str]:
    """SIGKILL for a worker, main process and children, while another one is idle."""
    with pool.worker() as worker:
        task = _begun(pool)
        with pool.worker():
            worker.kill()
            killed = time.time()
            task.gate.touch()
            if harm := _lost(pool, [task.id]):
                return harm
    seconds = task.runs()[-1] - killed
    print(f"runs again {seconds:.1f} s after SIGKILL")  # noqa: T201 - pytest -s reports it
    return [] if seconds < RECOVERY_SECONDS else [f"runs again after {seconds:.1f} s"]


def stopped_inside_brpop_and_killed(pool: Pool, *, times: int = 1) -> list[str]:
    """SIGSTOP while it waits for a message, one is pushed, SIGKILL: what Redis has sent is read by nobody."""
    tasks = []
    for _ in range(times):
        with pool.worker() as worker:
            tasks.append(
                _sent_to_nobody(
                    pool,
                    lambda: worker.signal_all(signal.SIGSTOP),
                    lambda: worker.signal_all(signal.SIGCONT),
                )
            )
            worker.signal_all(signal.SIGKILL)
    with pool.worker():
        return _lost(pool, tasks)


def connections_reset_right_after_the_push(pool: Pool, *, times: int = 1) -> list[str]:
    """All of the workers' connections break while the message is on its way to one of them."""
    proxy = pool.place.before_workers
    tasks = []
    with pool.worker():
        for _ in range(times):
            tasks.append(_sent_to_nobody(pool, lambda: setattr(proxy, "mode", Mode.MUTE), proxy.mend))
            proxy.mend()
        return _lost(pool, tasks)


def half_open_connections(pool: Pool) -> list[str]:
    """Nothing gets through the workers' connections any more, and nobody is told; new connections would work."""
    with pool.worker():
        wait_until(pool.place.waits_for_a_message)
        pool.place.before_workers.strand()
        start = time.monotonic()
        task = pool.submit("add", x=4, y=5)
        while not pool.place.has_ended(task):
            if time.monotonic() - start > HANG_SECONDS:
                return [f"no task has ended for {HANG_SECONDS:.0f} s"]
            Event().wait(0.1)
    print(f"works again after {time.monotonic() - start:.1f} s")  # noqa: T201 - pytest -s reports it
    return []


def result_store_away(pool: Pool, *, seconds: float) -> list[str]:
    """A task ends while the server that takes its result is down."""
    with pool.worker():
        task = _begun(pool)
        pool.place.results.kill()
        task.gate.touch()
        Event().wait(seconds)  # it is the trial
        pool.place.results.start()
        return _lost(pool, [task.id])


def reply_lost_after_the_write(pool: Pool) -> list[str]:
    """A submission is written, its reply gets lost, and the connection breaks."""
    proxy = pool.place.before_clients
    first = pool.submit("add", x=1, y=1)  # the connections are there
    with ThreadPoolExecutor(1) as executor:
        proxy.mode = Mode.MUTE
        submission = executor.submit(pool.submit, "add", x=4, y=5)
        wait_until(lambda: len(pool.place.queued()) == 2)
        proxy.mend()
        task = submission.result()
    queued = Counter(pool.place.queued())
    return [
        f"{one} is queued {count} times"
        for one, count in queued.items()
        if count > 1 or one not in (first, task)
    ]


def task_out_of_memory(pool: Pool) -> list[str]:
    """A task raises MemoryError."""
    with pool.worker() as worker:
        for task in chain([pool.submit("exhaust_memory")], _canaries(pool)):
            wait_until(partial(_is_over, pool, worker, task))
        code = worker.ending()
    return [] if code is None else [f"the worker has ended with {code}"]


def restarts_of_redis(pool: Pool, *, times: int) -> list[str]:
    """Redis is killed and started again every 4 s, while tasks are submitted; a worker that ends is started again."""
    tasks = []
    with ExitStack() as workers:
        worker = workers.enter_context(pool.worker())
        for _ in range(times):
            start = time.monotonic()
            while time.monotonic() - start < RESTARTS_EVERY_SECONDS:
                tasks.append(pool.submit("add", x=4, y=5))
                Event().wait(SUBMITTED_EVERY_SECONDS)
            pool.place.broker.restart()
            if worker.ending() is not None:
                worker = workers.enter_context(pool.worker())
        print(f"{len(tasks)} tasks")  # noqa: T201 - pytest -s reports it
        return _lost(pool, tasks)


class Begun(NamedTuple):
    """A task that runs until its gate exists, and leaves a trace of each run."""

    id: str
    trace: Path
    gate: Path

    def runs(self) -> list[float]:
        """When each of its runs has begun, in seconds since 1970."""
        return [float(line) for line in self.trace.read_text().splitlines()] if self.trace.exists() else []


def _is_over(pool: Pool, worker: Program, task: str) -> bool:
    """Whether the task has ended, or its worker."""
    return worker.ending() is not None or pool.place.has_ended(task)


def _canaries(pool: Pool) -> Iterator[str]:
    """Tasks, each submitted when the one before is over. A worker that is about to end can still run one."""
    return (pool.submit("add", x=1, y=1) for _ in range(CANARIES))


def _begun(pool: Pool) -> Begun:
    trace, gate = pool.place.directory / "trace", pool.place.directory / "gate"
    task = Begun(pool.submit("leave_trace", file=str(trace), until=str(gate)), trace, gate)
    wait_until(task.runs)
    # A stock worker acknowledges when it hears that the task has begun.
    wait_until(lambda: not pool.place.is_unacknowledged(task.id))
    return task


def _sent_to_nobody(pool: Pool, silence: Callable[[], object], release: Callable[[], object]) -> str:
    """A task whose message Redis has given to a worker that was silenced before, while it waited for one."""
    wait_until(pool.place.waits_for_a_message)
    silence()
    task = pool.submit("add", x=4, y=5)
    if not pool.place.queued():
        return task
    release()  # it had just stopped waiting, to ask anew
    wait_until(lambda: pool.place.has_ended(task))
    return _sent_to_nobody(pool, silence, release)


def _lost(pool: Pool, tasks: list[str]) -> list[str]:
    """Those that never end: one submitted after them has ended, and nothing is left from which they could be run.

    Redis can give the first ones after a kill to the dead worker's connection: they count as well, and another follows.
    """
    later = [pool.submit("add", x=1, y=1)]
    submitted_at = time.monotonic()

    def one_has_ended() -> bool:
        nonlocal submitted_at
        if time.monotonic() - submitted_at > ANOTHER_EVERY_SECONDS:
            later.append(pool.submit("add", x=1, y=1))
            submitted_at = time.monotonic()
        return any(map(pool.place.has_ended, later))

    wait_until(one_has_ended, HANG_SECONDS, what="the end of a task submitted afterwards")
    tasks = [*tasks, *later]

    def open_and_forgotten() -> tuple[list[str]] | None:
        still_open = [task for task in tasks if not pool.place.has_ended(task)]
        return None if any(map(pool.place.remembers, still_open)) else (still_open,)

    (lost,) = wait_until(open_and_forgotten, HANG_SECONDS, what="the end of all tasks")
    return [f"{task} is lost" for task in lost]
