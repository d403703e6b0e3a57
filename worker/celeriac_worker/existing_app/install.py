"""Puts an existing Celery app into the ledger: `celeriac.install(app)`.

The line belongs in the module that makes the app, so that every process has it: web processes, beat, workers and theirs.
"""

import logging
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from celery import Celery, signals

from celeriac_worker.existing_app.definitions.announcing import Announcing
from celeriac_worker.existing_app.definitions.names import Names
from celeriac_worker.existing_app.findings import Severity, findings, refusal
from celeriac_worker.existing_app.publishing.channel import patch_channel
from celeriac_worker.existing_app.publishing.sender import patch_sender, renew_sender
from celeriac_worker.existing_app.publishing.unsent import UnsentMessages
from celeriac_worker.existing_app.running.attach import attach
from celeriac_worker.existing_app.state import ATTRIBUTE, AppLedger, ledger_of

logger = logging.getLogger(__name__)
_OURS = "celeriac_worker."
# The apps of this process whose worker runs without the ledger.
_refused: WeakSet[Any] = WeakSet()
_LEVELS = {Severity.REFUSAL: logging.ERROR, Severity.WARNING: logging.WARNING, Severity.NOTE: logging.INFO}


def install(app: Any, *, names: Names | None = None, static: bool | Sequence[str] = ()) -> None:
    """Record every task of this Celery app, and offer its tasks over HTTP. Nothing is read or sent now.

    `names` gives tasks other names: a dict from Celery's name, a function of it, or "short", the last part where that is unique. `static`
    names the tasks (globs; True: all) whose routers, `apply_async` and `before_task_publish` receivers do not look at the arguments: the
    API then writes their messages itself. A second call changes these options and nothing else. Raises `TypeError` for what is not a Celery app.
    """
    if not isinstance(app, Celery):
        raise TypeError(
            f"celeriac.install(app) needs the Celery app, and got a {type(app).__name__}: call it below app = Celery(...)."
        )
    ledger = ledger_of(app)
    if ledger:
        ledger.rename(names=names, static=static)
        return
    setattr(app, ATTRIBUTE, AppLedger(app, names=names, static=static))
    patch_sender()
    patch_channel()
    renew_sender(app)
    attach(app)
    app.steps["worker"].update((UnsentMessages, Announcing))


def log_findings(app: Any) -> None:
    """Write what cannot be kept into the log."""
    for finding in findings(app):
        logger.log(_LEVELS[finding.severity], "%s", finding.sentence)


def _before_worker(instance: Any, **_: Any) -> None:
    """A worker whose app cannot be recorded is one of Celery alone: nothing of ours starts with it."""
    app = instance.app
    if ledger_of(app) and refusal(app):
        delattr(app, ATTRIBUTE)
        for steps in app.steps.values():
            steps -= {step for step in steps if step.__module__.startswith(_OURS)}
        _refused.add(app)


def _at_worker_start(instance: Any, **_: Any) -> None:
    if ledger_of(instance.app) or instance.app in _refused:
        log_findings(instance.app)


signals.celeryd_init.connect(_before_worker, weak=False)
signals.celeryd_after_setup.connect(_at_worker_start, weak=False)
