"""The patience of a worker: a message that it took beforehand, and for which it has no process after a moment, is handed on.

A worker takes messages, and writes jobs behind others, because tasks have been short of late. When one takes long all the same,
what waits behind it goes back to the front of its queue, for any process that is free. It stays where it is, too, and is claimed by
whoever comes to it first.
"""

import logging
import time
from threading import Thread
from typing import Any

from celery import bootsteps
from redis.exceptions import RedisError

from worker.request import LedgerRequest

PATIENCE_SECONDS = 0.25

logger = logging.getLogger(__name__)


class Patience(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """A thread of the worker's main process. It goes on while the worker stops, which has taken messages, too."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        Thread(target=_go_on, args=(worker.app,), name="patience", daemon=True).start()


def _go_on(app: Any) -> None:
    while True:
        time.sleep(PATIENCE_SECONDS)
        late = [request for request in list(app.waiting.values()) if _is_late(request)]
        try:
            if late:
                hand_on(app, late)
        except RedisError as refusal:
            logger.warning("redis refuses to take messages back (%s); the keeper will", refusal)


def hand_on(app: Any, late: list[LedgerRequest]) -> None:
    """Put their messages back; the worker has room for others then."""
    for request in late:
        app.waiting.pop(request.token, None)
    logger.info("handing on %d messages: no process has come to them", len(late))
    app.consumer.hand_on([(request.id, request.stamp) for request in late])
    for request in late:
        request.let_go()


def _is_late(request: LedgerRequest) -> bool:
    return time.monotonic() - request.taken_at >= PATIENCE_SECONDS
