"""Removes the time limits of ended tasks from Celery's timer.

Celery's timer only marks them as cancelled, and keeps each until it would have been due, half an hour later by default: half a
kilobyte for every task of that half hour.

Upstream: https://github.com/celery/celery/issues/5200.
"""

from functools import partial
from heapq import heapify
from typing import Any

from celery import bootsteps

INTERVAL_SECONDS = 1.0
# So many may lie there: going through them costs more than they do.
MOST = 10_000


class Timers(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Looks at the timer now and then, in the event loop of the worker's main process."""

    requires = ("celery.worker.components:Pool",)

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:
        """Called at each start of the loop, which has forgotten its timers then."""
        hub.call_repeatedly(INTERVAL_SECONDS, partial(forget_cancelled, hub.timer))


def forget_cancelled(timer: Any) -> None:
    """Remove cancelled entries from kombu's timer, when there are many."""
    if len(timer) <= MOST:
        return
    entries = timer._queue  # noqa: SLF001 - in place, for the loop goes through this list
    entries[:] = [scheduled for scheduled in entries if not scheduled.entry.canceled]
    heapify(entries)
