"""Reports a worker, renews the leases of its tasks, and names what it holds.

A real thread of the main process, in every pool. What the ledger answers is carried out where the worker itself ends tasks: in its
event loop.
"""

import logging
import os
import socket
import time
from collections import deque
from typing import Any

from celery import bootsteps

from celeriac.ledger.for_apps import AppConsumer
from celeriac.ledger.model.times import date_done
from celeriac_worker.existing_app.findings import Severity, findings
from celeriac_worker.existing_app.running.beat.plain_connection import PlainConnection
from celeriac_worker.existing_app.running.beat.pools import pool_warnings
from celeriac_worker.existing_app.running.beat.primitives import are_patched, primitives
from celeriac_worker.existing_app.state import AppLedger, ledger_of

INTERVAL_SECONDS = 1.0
ORDERS_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Starts with the worker, and continues while the worker stops, because its last tasks still need leases."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Nothing runs before `start`."""
        super().__init__(worker, **options)
        # What is to be carried out, and what is to be logged, by the event loop.
        worker.celeriac_orders = deque()

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        ledger = ledger_of(worker.app)
        if ledger is None:
            return
        beat = _Beat(worker, ledger)
        beat.send()
        beat.start()
        logger.info("celeriac keeps a record of each task of %s", ledger.name)


class Orders(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Carries out in the event loop what the ledger has answered to the heartbeat."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _timer: Any = None

    def start(self, consumer: Any) -> None:
        """Called after each connection to the broker."""
        self._timer = consumer.timer.call_repeatedly(ORDERS_SECONDS, _carry_out, (consumer.controller,))

    def stop(self, consumer: Any) -> None:
        """Called before the connection is made again."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None

    terminate = stop


class _Beat:
    """What the thread sends. In a thread that is none of the event loop's, it neither logs nor imports."""

    def __init__(self, worker: Any, ledger: AppLedger) -> None:
        self._worker, self._ledger = worker, ledger
        self._plain = primitives()
        self._consumer = (
            AppConsumer(ledger.settings, connect=PlainConnection) if are_patched() else ledger.consumer
        )
        self._host, self._started_at = socket.gethostname(), date_done()
        self._pool = worker.pool_cls.__module__.rpartition(".")[2]
        self._warnings = [
            *pool_warnings(worker.pool_cls),
            *(each.sentence for each in findings(worker.app) if each.severity is not Severity.NOTE),
        ]

    def start(self) -> None:
        """Go on, once a second, in a thread."""
        self._plain.start_thread(self._go_on, ())

    def send(self) -> None:
        """One beat."""
        runs, held = self._ledger.runs.active(), self._ledger.runs.held()
        queues = sorted(self._worker.app.amqp.queues.consume_from)
        answers = self._consumer.beat(
            self._worker.hostname,
            says=self._says(queues, [request.id for _, request in runs]),
            queues=queues,
            tasks=[(request.id, token) for token, request in runs],
        )
        if held:
            self._consumer.hold(held)
        for (_, request), answer in zip(runs, answers, strict=True):
            if answer in ("terminate", "lost"):
                self._worker.celeriac_orders.append((answer, request))

    def _go_on(self) -> None:
        refused = False
        while True:
            start = time.monotonic()
            try:
                self.send()
                refused = False
            except Exception as refusal:  # noqa: BLE001 - else the leases of all tasks end
                if not refused:
                    self._worker.celeriac_orders.append(("log", repr(refusal)))
                refused = True
            self._plain.sleep(max(0.0, INTERVAL_SECONDS - (time.monotonic() - start)))

    def _says(self, queues: list[str], active: list[str]) -> dict[str, Any]:
        return {
            "name": self._worker.hostname,
            "host": self._host,
            "pid": os.getpid(),
            "concurrency": self._worker.concurrency,
            "queues": queues,
            "async_queues": [],
            "async_concurrency": 0,
            "loop_lag": None,
            "active": active,
            "started_at": self._started_at,
            "app": self._ledger.name,
            "pool": self._pool,
            "warnings": self._warnings,
        }


def _carry_out(worker: Any) -> None:
    """All that has come since; a request may have ended meanwhile."""
    orders = worker.celeriac_orders
    while orders:
        order, subject = orders.popleft()
        match order:
            case "log":
                logger.warning("the heartbeat has failed (%s); trying again", subject)
            case _ if subject in worker.state.active_requests:
                _end(worker, subject, is_lost=order == "lost")


def _end(worker: Any, request: Any, *, is_lost: bool) -> None:
    """End the process or greenlet of a task that is to be cancelled, or is another worker's by now; not every pool can."""
    if is_lost:
        logger.warning("task %s: another worker has the task now; its process here is ended", request.id)
    try:
        if is_lost:
            request.leave(worker.pool)
        else:
            request.terminate(worker.pool)
    except NotImplementedError:
        logger.info("task %s: this pool cannot end a task that runs", request.id)
