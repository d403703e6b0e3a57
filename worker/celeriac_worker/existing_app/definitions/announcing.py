"""Announces the tasks of an existing app while its workers run."""

import logging
from threading import Thread
from typing import Any

from celery import bootsteps

from celeriac_worker.existing_app.definitions.catalog import catalog_of, sendings_of
from celeriac_worker.existing_app.definitions.names import Names
from celeriac_worker.existing_app.state import AppLedger, ledger_of
from celeriac_worker.steps.announcing import keep_announced, text_of

logger = logging.getLogger(__name__)


class Announcing(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Started with the worker, and ended with its process."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Called when the worker has loaded its tasks, and runs none yet: nothing else publishes meanwhile."""
        super().__init__(worker, **options)
        self._sendings = sendings_of(worker.app) if ledger_of(worker.app) else {}

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children. The schemas are made beside what the worker does."""
        ledger = ledger_of(worker.app)
        if ledger:
            Thread(
                target=_keep_announced, args=(ledger, self._sendings), name="celeriac-announcing", daemon=True
            ).start()


def documents_of(app: Any, *, sendings: Any = None, names: Names | None = None) -> dict[str, str]:
    """What is announced: the JSON of each definition, by name. What cannot be offered is in the log, too."""
    catalog = catalog_of(app, sendings=sendings, names=names)
    for name, sentence in catalog.refusals:
        logger.warning("the task %s is not offered: %s", name, sentence)
    for _, sentence in catalog.refused_aliases:
        logger.warning("%s", sentence)
    return {each.name: text_of(each) for each in catalog.definitions}


def _keep_announced(ledger: AppLedger, sendings: Any) -> None:
    """Announce the definitions, and again whenever Redis has lost them."""
    try:
        documents = documents_of(ledger.app, sendings=sendings)
    except Exception:
        logger.exception(
            "the tasks of the app cannot be announced; they run, and the API does not offer them"
        )
        return
    keep_announced(ledger.settings.backend, {ledger.name: documents})
