"""Collects the definitions of all tasks of an existing Celery app."""

from dataclasses import dataclass
from typing import Any

import celery

from celeriac.contract.definition import Definition
from celeriac_worker.existing_app.definitions.definition import definition_of
from celeriac_worker.existing_app.definitions.names import CELERYS, Names, aliases_of
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


def catalog_of(app: Any, *, names: Names | None = None) -> AppCatalog:
    """The catalog of this app, whose tasks are loaded. Nothing connects to anything.

    `names` is the rule for other names; None: that of `celeriac.install`.
    """
    ledger = ledger_of(app) or AppLedger(app)
    tasks = {name: task for name, task in sorted(app.tasks.items()) if not _is_celerys(task)}
    aliases, refused = aliases_of(tasks, names or ledger.names)
    definitions = tuple(
        definition_of(app, task, app_name=ledger.name, aliases=aliases.get(name, ()))
        for name, task in tasks.items()
    )
    return AppCatalog(ledger.name, definitions, tuple(refused))


def _is_celerys(task: Any) -> bool:
    """Whether it is one of those that each app has, such as celery.chord."""
    return str(task.name).startswith(CELERYS) and str(task.__module__).startswith(CELERYS)
