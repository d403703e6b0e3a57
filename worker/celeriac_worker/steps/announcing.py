"""Announces the definitions of this worker: an API without its task modules serves them."""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from threading import Thread
from typing import Any

from celery import bootsteps
from redis.exceptions import RedisError

from celeriac.contract.definition import Definition
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.store.outage import Outage
from celeriac.ledger.tables.definitions import announce, is_announced, own_set
from celeriac.settings import Settings

# Between two looks whether Redis has lost what was announced.
LOOK_SECONDS = 5.0
RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Announcing(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Started with the worker, and ended with its process."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        sets = sets_of(worker.app.implementations.values(), worker.app.settings)
        Thread(
            target=keep_announced,
            args=(worker.app.settings.backend, sets, worker.app.consumer.outage_of_records),
            name="announcing",
            daemon=True,
        ).start()


def sets_of(implementations: Iterable[Any], settings: Settings) -> dict[str, dict[str, str]]:
    """For each package of task modules the JSON of its definitions, by name."""
    packages = sorted((package.strip() for package in settings.tasks.split(",")), key=len, reverse=True)
    sets: dict[str, dict[str, str]] = {own_set(package): {} for package in packages}
    for implementation in implementations:
        definition = implementation.definition
        package = next(each for each in packages if f"{definition.module}.".startswith(f"{each}."))
        sets[own_set(package)][definition.name] = text_of(definition)
    return sets


def text_of(definition: Definition) -> str:
    """A definition as it is announced."""
    return json.dumps(definition.to_json(), separators=(",", ":"))


def keep_announced(backend: str, sets: Mapping[str, Mapping[str, str]], outage: Outage | None = None) -> None:
    """Announce these sets, and again whenever Redis has lost them; `outage` is that of this Redis, if others log it, too."""
    connection, if_missing = PatientConnection(backend), False
    connection.outage = outage or connection.outage
    while True:
        try:
            for name, documents in sets.items():
                if not (if_missing and is_announced(connection, name)):
                    announce(connection, name, documents, if_missing=if_missing)
        except RedisError as refusal:
            logger.warning("the definitions cannot be announced (%s); trying again", refusal)
            time.sleep(RETRY_SECONDS)
        else:
            if_missing = True
            time.sleep(LOOK_SECONDS)
