"""Celery's own pool, whose processes end with all that their tasks started, and in time.

For a Celery that worker/celeriac_worker/processes/scheduler.py was not written for: nothing here is private to Celery or billiard.
"""

import os
from threading import Thread
from time import sleep
from typing import Any

from celery import current_app, signals
from celery.concurrency import prefork
from celery.worker import state

from celeriac_worker.processes.process_groups import Endings, Reaper
from celeriac_worker.processes.subprocesses import let_tasks_start_processes

INTERVAL_SECONDS = 0.5


class TaskPool(prefork.TaskPool):  # type: ignore[misc]  # celery has no types
    """For the setting `worker_pool`."""

    _endings: Endings | None = None
    # Celery's, made anew at each start.
    terminate_job: Any

    def on_start(self) -> None:
        """Start the processes."""
        self.app.reaper = Reaper()
        super().on_start()
        self._endings = Endings()
        # Those that were told to end: once is enough.
        self._terminated: set[int] = set()
        self._tell, self.terminate_job = self.terminate_job, self._end
        Thread(target=self._look_out, args=(self._endings,), name="lookout", daemon=True).start()

    def on_stop(self) -> None:
        """Called by Celery when the worker stops. Once its grace is over, no process goes on."""
        if self._endings is not None and state.should_terminate:
            for pid in self._pids():
                self._end(pid)
        super().on_stop()

    def on_terminate(self) -> None:
        """Called by Celery instead, when it is to stop at once: it tells the processes, and would wait for each."""
        if self._endings is not None:
            for pid in self._pids():
                self._endings.expect(pid)
        super().on_terminate()

    def _end(self, pid: int, _signal: int | None = None) -> None:
        """End the process that runs a task; it may not obey what Celery tells it."""
        if pid not in self._terminated and self._endings is not None:
            self._terminated.add(pid)
            self._tell(pid)
            self._endings.expect(pid)

    def _look_out(self, endings: Endings) -> None:
        """Tell the reaper of each process, and kill what one leaves behind that has ended."""
        before: set[int] = set()
        doubtful: list[str] = []
        while True:
            now = set(self._pids())
            for pid in now - before:
                self.app.reaper.watch(pid)
            for pid in before - now:
                endings.ended(pid)
                self.app.reaper.forget(pid)
                self._terminated.discard(pid)
            for token in doubtful:
                self.app.reserved.pop(token, None)
            doubtful = self._claimed_unheard() if before - now else []
            before = now
            sleep(INTERVAL_SECONDS)

    def _claimed_unheard(self) -> list[str]:
        """What runs in a process of which it is not known.

        When the connection to Redis was lost, Celery forgets what no process has begun. It runs all the same, and its lease must
        not be renewed for ever if that process has ended.
        """
        return [token for token, request in list(self.app.reserved.items()) if request.was_ours]

    def _pids(self) -> list[int]:
        pids: list[int | None] = self.info["processes"]
        return [pid for pid in pids if pid is not None]  # or it is about to start


def lead_groups() -> None:
    """From now on, each process of the pool makes a group of its own when it starts."""
    signals.worker_process_init.connect(_lead_group, weak=False)


def _lead_group(**_: Any) -> None:
    os.setsid()
    if hasattr(current_app, "reaper"):  # a process that was forked has it
        current_app.reaper.close()
    # Billiard, which is not done yet, would ignore SIGINT again.
    signals.task_prerun.connect(_begin_first_task, weak=False)


def _begin_first_task(**_: Any) -> None:
    signals.task_prerun.disconnect(_begin_first_task)
    let_tasks_start_processes()
