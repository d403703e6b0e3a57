"""Returns what a worker has received and not begun, as soon as it stops.

Celery has the broker deliver it again, but only when the last running task has ended.
"""

import logging
from typing import Any

from celery import bootsteps
from redis.exceptions import RedisError

from celeriac_worker.existing_app.state import ledger_of

logger = logging.getLogger(__name__)


class ReturnReserved(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Stopped after the consumer, which takes no more messages then, and before the pool, which waits for its tasks."""

    requires = ("celery.worker.components:Pool",)

    def stop(self, worker: Any) -> None:
        """Called when the worker stops. A process that still gets to one of them claims it first, and is refused."""
        ledger = ledger_of(worker.app)
        requests = list(ledger.runs.reserved.values()) if ledger else []
        if ledger is None or not requests:
            return
        try:
            ledger.consumer.return_held([request.id for request in requests])
        except RedisError as refusal:
            logger.warning("redis refuses the returned messages (%s); the keeper will return them", refusal)
            return
        for request in requests:
            request.return_message()
        logger.info("returned %d messages that no process had begun with", len(requests))

    terminate = stop
