"""The heartbeat thread: reports the worker and renews its tasks' leases.

In the main process, so that a task which holds on to the interpreter cannot keep its own lease from being renewed. What the
ledger answers is carried out here, too: a task that is to be cancelled, or is somebody else's by now, has its process ended.
"""

import logging
import os
import socket
import time
from collections.abc import Iterable
from threading import Thread
from typing import Any

from celery import bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from celeriac.ledger.model.times import date_done
from celeriac_worker.health import Mark
from celeriac_worker.loop_control.loops import Loops
from celeriac_worker.loop_control.runs import LoopRun
from celeriac_worker.name import refuse_namesake
from celeriac_worker.run.request import LedgerRequest

INTERVAL_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Starts with the worker, and continues while the worker stops, because its last tasks still need leases."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Nothing runs before `start`."""
        super().__init__(worker, **options)
        self._started_at = date_done()
        self._mark: Mark | None = Mark()

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children. A name belongs to one worker."""
        refuse_namesake(worker.app.consumer, worker.hostname)
        Thread(target=self._go_on, args=(worker,), name="heartbeat", daemon=True).start()

    def _go_on(self, worker: Any) -> None:
        while True:
            start = time.monotonic()
            try:
                self._beat(worker)
                self._note(worker.app.loops)
            except RedisError as refusal:  # a replica's, say: without this thread every task would run twice
                logger.warning("redis refuses the heartbeat (%s); trying again", refusal)
            time.sleep(max(0.0, INTERVAL_SECONDS - (time.monotonic() - start)))

    def _beat(self, worker: Any) -> None:
        loops: Loops | None = worker.app.loops
        runs = [] if loops is None else loops.runs()
        # A process may have begun with what waits, and the main process, which is connecting again, not have heard of it.
        # What goes over to `active` in between is asked for twice, which does no harm.
        requests = [*list(worker.app.reserved.values()), *list(worker.app.active.values())]
        answers = worker.app.consumer.beat(
            worker.hostname,
            says=self._says(worker, requests, runs),
            queues=_queues(worker),
            tasks=[
                *((request.id, request.token) for request in requests),
                *((run.run.task_id, run.run.token) for run in runs),
            ],
        )
        for request, answer in zip(requests, answers, strict=False):
            _obey(worker, request, answer)
        if loops is not None:
            loops.obey(zip(runs, answers[len(requests) :], strict=True))

    def _note(self, loops: Loops | None) -> None:
        """For `python -m celeriac_worker.health`."""
        try:
            if self._mark is not None and (loops is None or loops.are_healthy()):
                self._mark.renew()
        except OSError as refusal:
            logger.warning("python -m celeriac_worker.health cannot find this worker: %s", refusal)
            self._mark = None

    def _says(
        self, worker: Any, requests: Iterable[LedgerRequest], runs: Iterable[LoopRun]
    ) -> dict[str, Any]:
        loops: Loops | None = worker.app.loops
        return {
            "name": worker.hostname,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "concurrency": worker.concurrency if worker.app.amqp.queues.consume_from else 0,
            "queues": _queues(worker),
            "async_queues": [] if loops is None else loops.queues,
            "async_concurrency": 0 if loops is None else loops.concurrency,
            "loop_lag": None if loops is None else round(loops.lag, 3),
            "active": [
                *(request.id for request in requests if request in state.active_requests),
                *(run.run.task_id for run in runs if not run.is_held),
            ],
            "started_at": self._started_at,
        }


def _queues(worker: Any) -> list[str]:
    return sorted({*worker.app.amqp.queues.consume_from, *worker.loop_queues})


def _obey(worker: Any, request: LedgerRequest, answer: str) -> None:
    """What renew_leases.lua answers for a task that a process of the pool has, had a moment ago, or will have."""
    match answer:
        case "active" | "ask":
            request.was_ours = True
        case "terminate":
            _end(worker, request)
        case "lost" if request.was_ours and request in state.active_requests:
            logger.warning(
                "task %s: another worker has the task now; its process here is ended",
                request.id,
                extra={"task_id": request.id, "task_name": request.name},
            )
            _end(worker, request)
        case "lost" | "unclaimed" if request in state.active_requests:
            pass  # its process is about to claim it: from the lease of a dead worker, say, or for another attempt
        case "unclaimed" if request.token in worker.app.reserved:
            pass
        case _:
            worker.app.active.pop(request.token, None)
            worker.app.reserved.pop(request.token, None)


def _end(worker: Any, request: LedgerRequest) -> None:
    """Have its process ended, and all that the task has started; once is enough."""
    if request.worker_pid is not None:  # or it is not known yet which it is
        worker.pool.terminate_job(request.worker_pid)
