"""Runs the keeper beside an app's worker: in its process, or in another."""

import asyncio
from _thread import start_new_thread
from typing import Any

from celery import bootsteps

from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.store.epoch import Epoch
from celeriac.settings import Settings
from celeriac_worker.existing_app.running.beat.primitives import are_patched
from celeriac_worker.existing_app.running.keeper_process import start_keeper_process
from celeriac_worker.existing_app.state import ledger_of


class Keeping(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """In pools of greenlets, no event loop of asyncio can run in the worker's process: there the keeper has its own."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children. It ends with its process: each of its steps is done whole or not at all."""
        ledger = ledger_of(worker.app)
        if ledger is None:
            return
        if are_patched():
            worker.celeriac_keeper = start_keeper_process(ledger.settings)
        else:
            start_new_thread(_keep, (ledger.settings,))


def _keep(settings: Settings) -> None:
    asyncio.run(Keeper(settings, Epoch()).keep())
