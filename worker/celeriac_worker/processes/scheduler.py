"""The pool in the main process: decides which process gets the next job.

Celery hands out a job in the turn of its event loop after the one in which a process became free, and then asks of every pipe
whether it can be written to. Here a process gets its next job at once; and where the task that it runs is a short one, before it
is free: it goes on without a wait, and claims the next task in the packet in which it ends the last (worker/celeriac_worker/processes/child.py).

Upstream: https://github.com/celery/celery/issues/6855 (after a lost connection, the pool discards what no process has begun).
To report to Celery: a free process waits for the next turn of the event loop; `AsynPool.close` leaves a half-written job in a pipe,
so the worker does not end; a time limit can reach the task that follows.
"""

import gc
import os
from collections import defaultdict
from collections.abc import Callable
from time import monotonic
from typing import Any

from billiard import get_start_method
from billiard.pool import RUN
from celery.concurrency import asynpool, prefork
from celery.worker import state

from celeriac_worker.intake.prefetch import Ahead
from celeriac_worker.processes.child import Worker
from celeriac_worker.processes.process_groups import Endings, Reaper
from celeriac_worker.processes.run_times import Pace

# How many jobs a process may have at a time.
MOST = 4
# A process gets another job when it will have ended those that it has within this time.
SOON_SECONDS = 0.02
# What is larger is not written behind another: it would not fit into the pipe as a whole, and lie there in half.
LARGEST_BEHIND = 8 * 1024

# By this, set by Celery, a process that is spawned logs in a form of billiard's own.
BILLIARDS_LOG = "_MP_FORK_LOGLEVEL_"


class PromptPool(asynpool.AsynPool):  # type: ignore[misc]  # celery has no types
    """Billiard's pool in Celery's event loop. A job is billiard's `ApplyResult`, with the name of its task."""

    Worker = Worker
    _quick_put: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As Celery does it."""
        self._pace = Pace()
        # What each process has been given and has not ended, by the descriptor of its pipe.
        self._jobs_by_pipe: dict[int, list[Any]] = defaultdict(list)
        app, _ = options["initargs"]
        self._reaper: Reaper = app.reaper
        self._ahead: Ahead = app.ahead
        super().__init__(*arguments, **options)
        self._endings = Endings()
        self._timeout_handler._trywaitkill = self._end  # noqa: SLF001 - else it tells by SIGTERM, and waits

    def _create_worker_process(self, i: int) -> Any:
        """Called by billiard for each process that it starts."""
        process = super()._create_worker_process(i)
        self._reaper.watch(process.pid)
        return process

    def _join_exited_workers(self, shutdown: bool = False) -> Any:  # noqa: FBT001, FBT002 - billiard's signature
        """Called by billiard again and again: what a process leaves behind that has ended is killed."""
        before = list(self._pool)
        try:
            return super()._join_exited_workers(shutdown)
        finally:
            for process in before:
                if process not in self._pool:
                    self._endings.ended(process.pid)
                    self._reaper.forget(process.pid)
            self._count_missing()

    def terminate_job(self, pid: int, sig: int | None = None) -> None:
        """End the process that runs a task; the pool replaces it, unless the worker stops."""
        process, _ = self._process_by_pid(pid)
        if process is not None:
            process._controlled_termination = process._job_terminated = True  # noqa: SLF001 - as billiard does it
            self._end(process)

    def terminate_all(self) -> None:
        """End all processes: the worker stops, and a task may have begun of which it has not heard yet."""
        for process in list(self._pool):
            self.terminate_job(process.pid)

    def expect_all(self) -> None:
        """Processes that are being told to end are killed if they do not."""
        for process in list(self._pool):
            self._endings.expect(process.pid)

    def wait_until_up(self) -> None:
        """Return when each process has said so, or has ended: who takes messages before only has to return them."""
        for process in self._pool:
            while process._is_alive() and not process.outq._reader.poll(0.1):  # noqa: SLF001 - as billiard asks
                pass

    def _end(self, process: Any) -> None:
        """Called by billiard, too, where a task has run for longer than its hard time limit."""
        self._endings.end(process.pid)

    def _create_write_handlers(self, hub: Any, **options: Any) -> None:
        """Called at each start of the event loop."""
        super()._create_write_handlers(hub, **options)
        self._soon = hub.call_soon
        self._write_to_one_of = hub.consolidate_callback
        self._append: Any = self._quick_put
        self._quick_put = self._put
        self.on_poll_start = self._hand_out

    def _put(self, message: Any) -> None:
        """Called by billiard with a new job."""
        _, (number, _, _, (name, *_), _) = message
        self._cache[number].task_name = name
        self._append(message)
        self._hand_out()

    def on_job_ready(self, job: int, i: Any, obj: Any, inqW_fd: int) -> None:  # noqa: N803 - billiard's name
        """Called by billiard when a process has ended a job."""
        super().on_job_ready(job, i, obj, inqW_fd)
        jobs = self._jobs_by_pipe[inqW_fd]
        end_job = next((job_of_process for job_of_process in jobs if job_of_process._job == job), None)  # noqa: SLF001
        if end_job is not None:
            jobs.remove(end_job)
            if end_job._time_accepted is not None:  # noqa: SLF001
                self._pace.took(end_job.task_name, monotonic() - end_job._time_accepted)  # noqa: SLF001
        self._hand_out()

    def on_process_alive(self, pid: int) -> None:
        """Called by billiard when a new process is there, at a pipe that another may have had."""
        super().on_process_alive(pid)
        for process in self._pool:
            if process.pid == pid:
                self._jobs_by_pipe.pop(process.inqW_fd, None)
        self._count_missing()

    def _count_missing(self) -> None:
        self._ahead.missing = max(0, self._processes - len(self._all_inqueues))

    def _hand_out(self) -> None:
        """Write the jobs that wait to the processes that can have one; once the pool is closed, to none."""
        for _ in range(len(self.outbound_buffer) if self._state == RUN else 0):
            job = self.outbound_buffer[0]
            place = self._place(job)
            if place is None:
                return
            self._busy_workers.discard(place)  # Celery writes to no other
            self._write_to_one_of([place])
            if place in self._busy_workers:
                self._jobs_by_pipe[place].append(job)

    def _place(self, job: Any) -> int | None:
        """For this job the process with the fewest, if it has none, or will soon have none."""
        fewest, best = MOST if job._payload[2] <= LARGEST_BEHIND else 1, None  # noqa: SLF001
        for place in self._all_inqueues - self._active_writes:
            jobs = self._jobs_by_pipe[place]
            if (
                len(jobs) < fewest
                and sum(self._pace.seconds(job_of_process.task_name) for job_of_process in jobs)
                <= SOON_SECONDS
            ):
                fewest, best = len(jobs), place
        return best

    def _on_soft_timeout(self, *arguments: Any) -> None:
        """Called by Celery when a job has run for so long."""
        self._once_heard(super()._on_soft_timeout, *arguments)

    def _on_hard_timeout(self, *arguments: Any) -> None:
        """Likewise."""
        self._once_heard(super()._on_hard_timeout, *arguments)

    def _once_heard(self, carry_out: Callable[..., None], *arguments: Any) -> None:
        """Where the event loop stood still, the job may have ended, and its process run another: the pipes are read first."""
        if self._state == RUN:
            self._soon(carry_out, *arguments)
        else:  # there is no loop any more, and no other job
            carry_out(*arguments)

    def close(self) -> None:
        """Called by Celery when no event loop goes on: what a process is reading is written to its end, or it would wait for ever."""
        for job in list(self._cache.values()):
            writer = asynpool._get_job_writer(job)  # noqa: SLF001
            if writer in self._active_writers:
                self._flush_writer(job._write_to, writer)  # noqa: SLF001
        super().close()

    def flush(self) -> None:
        """Called by Celery when the connection to Redis was lost: forget what no process has yet.

        Celery forgets what no process has begun, for a broker would deliver it again; Redis does not, and who forgets it does not
        renew its lease.
        """
        jobs = [job for at_pipe in self._jobs_by_pipe.values() for job in at_pipe]
        super().flush()
        unended = (job for job in jobs if job._write_to._is_alive() and not job.ready())  # noqa: SLF001
        self._cache.update({job._job: job for job in unended})  # noqa: SLF001


def keep_what_is_loaded() -> None:
    """What is loaded by now stays: no collector need go through it again, in this process or one that is forked from it."""
    gc.collect()
    gc.freeze()


class TaskPool(prefork.TaskPool):  # type: ignore[misc]  # celery has no types
    """For the setting `worker_pool`."""

    Pool = PromptPool

    def on_start(self) -> None:
        """Start the processes; Celery hands the pool as many jobs at a time as they may have."""
        self.app.reaper = Reaper()
        os.environ.pop(BILLIARDS_LOG, None)
        keep_what_is_loaded()
        super().on_start()
        if get_start_method() != "fork":
            self._pool.wait_until_up()
        self.options["semaphore"].grow(self.limit * (MOST - 1))

    def on_stop(self) -> None:
        """Called by Celery when the worker stops. Once its grace is over, no process goes on."""
        if self._pool is not None and state.should_terminate:
            self._pool.terminate_all()
        super().on_stop()

    def on_terminate(self) -> None:
        """Called by Celery instead, when it is to stop at once: it tells the processes, and would wait for each."""
        if self._pool is not None:
            self._pool.expect_all()
        super().on_terminate()
