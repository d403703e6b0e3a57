"""Celery's consumer, which reconnects quickly and handles unknown tasks.

To report to Celery: no setting limits the pause between two attempts to connect, and the warning about
`worker_cancel_long_running_tasks_on_connection_loss` recommends what loses tasks on Redis.
"""

import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker import consumer
from celery.worker.state import maybe_shutdown

from celeriac_worker.intake.unknown_task import fail_unknown

# The longest pause is the sum of start and most.
PAUSES_SECONDS = {"interval_start": 0.2, "interval_step": 0.3, "interval_max": 1.8}


class Consumer(consumer.Consumer):  # type: ignore[misc]  # celery has no types
    """For the setting `worker_consumer`."""

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Called by Celery with a message that names an unknown task."""
        fail_unknown(self, message)

    def cancel_active_requests(self) -> None:
        """Called by Celery when the grace of the pool is over, or a second signal comes, which ends that of the loops, too."""
        super().cancel_active_requests()
        if self.controller.is_in_grace and self.app.loops is not None:
            self.app.loops.stop(0.0)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Called by Celery, which recommends each time a setting that loses tasks on Redis."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(exc)

    def ensure_connected(self, conn: Any) -> Any:
        """Called by Celery with a connection, to be connected however long that takes; its own pauses grow to half a minute."""
        outage = self.app.consumer.outage
        connected = conn.ensure_connection(
            lambda error, _: outage.goes_on(error), callback=maybe_shutdown, **PAUSES_SECONDS
        )
        outage.ends()
        self.first_connection_attempt = False
        return connected
