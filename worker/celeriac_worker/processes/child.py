"""A pool process: runs its job and knows its next one.

To report to billiard: a process has no way to look at its next job; one that is told to end waits a second before it does.
"""

import os
import select
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from billiard.common import terminate_handler_fired
from billiard.pool import EX_FAILURE, EX_RECYCLE
from celery.concurrency import asynpool

from celeriac_worker.processes.free_failures import let_go
from celeriac_worker.processes.subprocesses import let_tasks_start_processes


class Inbox:
    """What the main process has written to this one. Behind a short task there may be others (worker/celeriac_worker/processes/scheduler.py)."""

    def __init__(self, queue: Any, *, most: float) -> None:
        """`queue` is billiard's pipe; the process ends after `most` jobs."""
        self._queue = queue
        self._remaining = most
        self._readable = select.poll()
        self._readable.register(queue._reader.fileno(), select.POLLIN)  # noqa: SLF001 - as billiard's own processes do
        self._received: list[Any] = []

    def receive(self, _timeout: float) -> tuple[bool, Any]:
        """Wait for the next job; what billiard's processes call."""
        if terminate_handler_fired():  # its last task was told to end, and did not let it
            raise SystemExit(EX_RECYCLE)
        self._remaining -= 1
        return True, self._received.pop() if self._received else self._queue.get()

    def following(self) -> Mapping[str, Any] | None:
        """Celery's request for the job that this process runs next; None where it has none yet."""
        if self._remaining < 1:
            return None
        if not self._received and self._readable.poll(0):
            with _without_interruption():
                self._received.append(self._queue.get())
        if not self._received or self._received[0] is None:  # None: the pool is closed
            return None
        _, (_, _, _, arguments, _) = self._received[0]
        request: Mapping[str, Any] = arguments[2]
        return request


@contextmanager
def _without_interruption() -> Iterator[None]:
    """A soft time limit is heard afterwards: who stops in the middle of a message does not find the next."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Worker(asynpool.Worker):  # type: ignore[misc]  # celery has no types
    """billiard's process, with an inbox in the app. A task that it has claimed and will not come to is returned."""

    def after_fork(self) -> None:
        """Called by billiard first of all."""
        os.setsid()  # what its tasks start is one group with it, and ends with it (worker/celeriac_worker/processes/process_groups.py)
        app, _ = self.initargs
        if hasattr(app, "reaper"):  # a process that was forked has it
            app.reaper.close()
        super().after_fork()
        let_tasks_start_processes()

    def _make_recv_method(self, queue: Any) -> Any:
        app, _ = self.initargs
        # A process with a limit of memory may end after each job.
        app.inbox = Inbox(queue, most=0 if self.max_memory_per_child else self.maxtasks or float("inf"))
        return app.inbox.receive

    def prepare_result(self, result: Any) -> Any:
        """Called by billiard when a job has ended."""
        let_go(result)
        return result

    def workloop(self, *arguments: Any, **options: Any) -> Any:
        """Run jobs until the process is to end."""
        app, _ = self.initargs
        try:
            return super().workloop(*arguments, **options)
        finally:
            app.consumer.return_claimed()

    def _do_exit(self, pid: int, exitcode: int | None, exc: BaseException | None = None) -> None:
        """Called by billiard last of all. Who was told to end does not wait a second for the same signal once more."""
        if terminate_handler_fired() and self.on_exit is not None:
            self.on_exit(pid, exitcode)
        if terminate_handler_fired():
            os._exit(EX_FAILURE if exitcode is None else exitcode)
        super()._do_exit(pid, exitcode, exc)
