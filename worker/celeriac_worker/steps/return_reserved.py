"""Returns reserved messages that have waited too long for a process.

A worker takes messages, and writes jobs behind others, because tasks have been short of late. When one takes long all the same,
what waits behind it goes back to the front of its queue, for any process that is free; so does all that waits when the worker
stops. It stays where it is, too, and is claimed by whoever comes to it first.
"""

import logging
import time
from threading import Event, Thread
from typing import Any

from celery import bootsteps
from redis.exceptions import RedisError

from celeriac_worker.run.request import LedgerRequest

LONGEST_SECONDS = 0.25
# How long the end of the worker waits for it: Redis may be away, and the keeper does the same a little later.
STOP_SECONDS = 1.0

logger = logging.getLogger(__name__)


class ReturnReserved(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """A thread of the worker's main process."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Nothing runs before `start`."""
        super().__init__(worker, **options)
        self._stops = Event()
        self._thread = Thread(target=self._go_on, args=(worker.app,), name="return-reserved", daemon=True)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        self._thread.start()

    def stop(self, worker: Any) -> None:
        """Called when the worker takes no more messages, and its pool is about to end."""
        self._stops.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    terminate = stop

    def _go_on(self, app: Any) -> None:
        stops = False
        while not stops:
            stops = self._stops.wait(LONGEST_SECONDS)
            reserved = [request for request in list(app.reserved.values()) if not request.is_returned]
            _return_messages(app, [request for request in reserved if stops or _is_late(request)])


def _return_messages(app: Any, requests: list[LedgerRequest]) -> None:
    """Put their messages back; the worker has room for others then."""
    if not requests:
        return
    logger.info("returning %d reserved messages: no process is free for them", len(requests))
    try:
        app.consumer.return_messages([(request.id, request.stamp) for request in requests])
    except RedisError as refusal:
        logger.warning("redis refuses the returned messages (%s); the keeper will return them", refusal)
    for request in requests:
        request.return_message()


def _is_late(request: LedgerRequest) -> bool:
    return time.monotonic() - request.taken_at >= LONGEST_SECONDS
