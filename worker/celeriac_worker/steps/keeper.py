"""Runs the keeper, and submits the tasks of schedules, in the worker's main process."""

import asyncio
from functools import partial
from threading import Thread
from typing import Any

from celery import bootsteps

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Implementations, catalog_of, validators_of
from celeriac.ledger.from_settings import ledger_of
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.tables.schedules import ScheduleTable
from celeriac.schedules.firing import Firing
from celeriac.schedules.known_definitions import KnownDefinitions
from celeriac.settings import Settings


class Housekeeping(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Started with the worker, and ended with its process: each thing that it does is done whole or not at all."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        settings, implementations = worker.app.settings, worker.app.implementations
        Thread(target=_keep, args=(settings, implementations), name="keeper", daemon=True).start()


def _keep(settings: Settings, implementations: Implementations) -> None:
    models = validators_of({**implementations, **built_in()})
    definitions = KnownDefinitions(
        catalog_of(implementations),
        lambda definition: partial(models[definition.name].model_validate_json, strict=True),
        settings,
    )
    asyncio.run(_keep_all(settings, definitions))


async def _keep_all(settings: Settings, definitions: KnownDefinitions) -> None:
    epoch = Epoch()
    table, ledger = ScheduleTable(settings.backend, epoch=epoch), ledger_of(settings, epoch=epoch)
    await asyncio.gather(Keeper(settings, epoch).keep(), Firing(table, ledger, definitions).keep())
