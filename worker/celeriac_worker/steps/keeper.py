"""Runs the keeper in a thread of the worker's main process."""

import asyncio
from threading import Thread
from typing import Any

from celery import bootsteps

from celeriac.ledger.keeper import Keeper
from celeriac.settings import Settings


class Housekeeping(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Started with the worker, and ended with its process: each thing that it does is done whole or not at all."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        settings = worker.app.settings
        Thread(target=_keep, args=(settings,), name="keeper", daemon=True).start()


def _keep(settings: Settings) -> None:
    asyncio.run(Keeper(settings).keep())
