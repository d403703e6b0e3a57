"""The keeper: a thread of the worker's main process that queues what is due."""

import logging
from threading import Event, Thread
from typing import Any

from celery import bootsteps
from redis.exceptions import RedisError

from ledger.consumer import DUE_AT_ONCE, Consumer

INTERVAL_SECONDS = 0.25

logger = logging.getLogger(__name__)


class Keeper(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Started and stopped with the worker. Every worker has one; the ledger lets each task be pushed only once."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Nothing runs before `start`."""
        super().__init__(worker, **options)
        self._stopped = Event()

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        Thread(target=self._keep, args=(worker.app.consumer,), name="keeper", daemon=True).start()

    def stop(self, worker: Any) -> None:
        """End after the step that is under way."""
        self._stopped.set()

    def _keep(self, consumer: Consumer) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            try:
                while consumer.push_due() == DUE_AT_ONCE:
                    pass
            except RedisError as error:
                logger.warning("keeper: %s; trying again", error)
