"""Notices a dead pool process within half a second.

Celery looks when the pipe of a process closes, which the system does a moment before the process has ended: mostly too
early to see it, and then not again for five seconds.

To report to Celery: `AsynPool` could wait for the sentinel of a process instead of its pipe.
"""

from typing import Any

from celery import bootsteps

INTERVAL_SECONDS = 0.5


class Attention(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Looks at the pool again and again, in the event loop of the worker's main process."""

    requires = ("celery.worker.components:Pool",)

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:
        """Called at each start of the loop, so also after a connection was lost, when the loop has forgotten its timers."""
        hub.call_repeatedly(INTERVAL_SECONDS, worker.pool.maintain_pool)
