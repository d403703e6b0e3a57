"""Collects the definitions of all tasks of an existing Celery app."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import celery

from celeriac.contract.definition import Definition
from celeriac_worker.existing_app.definitions.definition import definition_of
from celeriac_worker.existing_app.definitions.names import CELERYS, Names, aliases_of
from celeriac_worker.existing_app.definitions.sending import Sending, sending_of
from celeriac_worker.existing_app.state import AppLedger, ledger_of


@dataclass(frozen=True, slots=True)
class AppCatalog:
    """What an app offers, by name; for each other name that cannot be used, its task and a sentence."""

    app: str
    definitions: tuple[Definition, ...]
    refused_aliases: tuple[tuple[str, str], ...]

    @property
    def refusals(self) -> list[tuple[str, str]]:
        """The tasks that are not offered, each with its sentence."""
        return [(each.name, each.refusal) for each in self.definitions if each.refusal]

    def document(self) -> dict[str, Any]:
        """The catalog as JSON values, as CELERIAC_CATALOG takes it."""
        definitions = [definition.to_json() for definition in self.definitions]
        return {"app": self.app, "celery": celery.__version__, "definitions": definitions}


def catalog_of(
    app: Any, *, names: Names | None = None, sendings: Mapping[str, Sending] | None = None
) -> AppCatalog:
    """The catalog of this app, whose tasks are loaded. Nothing connects to anything.

    `names` is the rule for other names; None: that of `celeriac.install`. `sendings` is what `sendings_of` has found; None: it is found now.
    """
    ledger = ledger_of(app) or AppLedger(app)
    tasks = tasks_of(app)
    aliases, refused = aliases_of(tasks, names or ledger.names)
    ways = sendings_of(app) if sendings is None else sendings
    definitions = []
    for name, task in tasks.items():
        definition = definition_of(app, task, ways[name], app_name=ledger.name, aliases=aliases.get(name, ()))
        definitions.append(definition)
        time.sleep(0)  # where other threads or greenlets of a worker wait, they go on
    return AppCatalog(ledger.name, tuple(definitions), tuple(refused))


def sendings_of(app: Any) -> dict[str, Sending]:
    """How each task of this app is sent. Celery's signals are changed for moments: nothing else may publish meanwhile."""
    return {name: sending_of(app, task) for name, task in tasks_of(app).items()}


def tasks_of(app: Any) -> dict[str, Any]:
    """The tasks of this app by name, without those that each app has, such as celery.chord."""
    return {name: task for name, task in sorted(app.tasks.items()) if not _is_celerys(task)}


def _is_celerys(task: Any) -> bool:
    return str(task.name).startswith(CELERYS) and str(task.__module__).startswith(CELERYS)
