"""Finds what Celeriac cannot keep for an existing app, each in a sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import celery
from kombu.common import Broadcast

from celeriac.settings import Settings, SettingsError
from celeriac_worker.existing_app.addresses import NotRedis, backend_address, broker_address
from celeriac_worker.existing_app.state import ledger_of

# The versions of Celery with which the tests run the plug-in: from the first to before the second.
VERSIONS = (5, 4), (5, 8)
_QUEUE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Severity(StrEnum):
    """What follows from a finding: nothing is recorded; something is other than it is elsewhere; only to be known."""

    REFUSAL = "refusal"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One of them; `task` is the name of the task that it concerns, None: all of them."""

    severity: Severity
    sentence: str
    task: str | None = None


def findings(app: Any) -> list[Finding]:
    """All of them, the gravest first. It reads the app's configuration and tasks, and connects to nothing."""
    unsorted = [
        *_of_versions(),
        *_of_servers(app),
        *_of_results(app),
        *_of_messages(app),
        *_of_queues(app),
        *_of_tasks(app),
    ]
    return sorted(unsorted, key=lambda finding: list(Severity).index(finding.severity))


def refusal(app: Any) -> Finding | None:
    """Why nothing of this app can be recorded; None if it can."""
    return next((finding for finding in _of_servers(app) if finding.severity is Severity.REFUSAL), None)


def _of_versions() -> Iterator[Finding]:
    number = tuple(int(part) for part in celery.__version__.split(".")[:2])
    if not VERSIONS[0] <= number < VERSIONS[1]:
        yield Finding(
            Severity.WARNING,
            f"Celery {celery.__version__} is not tested with celeriac.install; the versions 5.4 to 5.7 are.",
        )


def _of_servers(app: Any) -> Iterator[Finding]:
    ledger = ledger_of(app)
    try:
        if ledger:
            _ = ledger.settings
        elif not Settings.read().given_redis:
            broker_address(app)
        broker_address(app)
    except NotRedis as other:
        yield Finding(Severity.REFUSAL, f"{other} Nothing is recorded, and the app runs as without it.")
    except (SettingsError, ValueError) as wrong:
        yield Finding(
            Severity.REFUSAL,
            f"The address of Redis or a setting of Celeriac is wrong, so nothing is recorded: {wrong}",
        )


def _of_results(app: Any) -> Iterator[Finding]:
    backend = app.conf.result_backend
    if isinstance(backend, str) and (scheme := backend.partition(":")[0]):
        try:
            elsewhere = backend_address(app) is None
        except ValueError:
            elsewhere = False  # it is among the servers
        if elsewhere:
            yield Finding(
                Severity.NOTE,
                f"The result backend is {scheme!r}: results are in the records and there, and each is written twice.",
            )
    if (app.conf.result_backend_transport_options or {}).get("global_keyprefix"):
        yield Finding(
            Severity.NOTE,
            "result_backend_transport_options has a 'global_keyprefix': results are in the records and under the prefix.",
        )
    if app.conf.result_serializer != "json":
        yield Finding(
            Severity.WARNING,
            f"result_serializer is {app.conf.result_serializer!r}: the API shows only results that are JSON.",
        )


def _of_messages(app: Any) -> Iterator[Finding]:
    if app.conf.task_always_eager:
        yield Finding(
            Severity.WARNING, "task_always_eager is on: tasks run in the caller and leave no record."
        )
    if app.conf.task_protocol != 2:
        yield Finding(
            Severity.WARNING,
            f"task_protocol is {app.conf.task_protocol}: a task has a record from its receipt on, not from its call on.",
        )
    accepted = {str(kind).rpartition("/")[2] for kind in app.conf.accept_content or ()}
    if "json" not in accepted:
        yield Finding(
            Severity.WARNING,
            "accept_content does not contain 'json': the workers reject the messages of templates; set 'json' beside the others.",
        )
    options = app.conf.broker_transport_options or {}
    if options.get("unacked_key"):
        yield Finding(
            Severity.WARNING,
            "broker_transport_options has an 'unacked_key': beside workers without Celeriac, tasks that those hold may run twice.",
        )


def _of_queues(app: Any) -> Iterator[Finding]:
    for queue in app.amqp.queues.values():
        if isinstance(queue, Broadcast):
            yield Finding(
                Severity.NOTE,
                f"The queue {queue.name!r} is a Broadcast: each worker runs its tasks, and they have no record.",
            )
        elif not _QUEUE.fullmatch(queue.name):
            yield Finding(
                Severity.WARNING,
                f"The queue {queue.name!r} has a name that cannot be used in an address: /queues does not show it alone.",
            )


def _of_tasks(app: Any) -> Iterator[Finding]:
    tasks = [task for name, task in sorted(app.tasks.items()) if not name.startswith("celery.")]
    early = [task.name for task in tasks if not task.acks_late]
    if early:
        yield Finding(
            Severity.NOTE,
            f"{len(early)} of {len(tasks)} tasks are acknowledged before they run (acks_late is off): "
            "if their worker is killed, they end as failed and do not run again, as Celery promises.",
        )
    for task in tasks:
        serializer = task.serializer or app.conf.task_serializer
        if serializer != "json":
            yield Finding(
                Severity.WARNING,
                f"The task {task.name} has the serializer {serializer!r}: its record does not show its input.",
                task.name,
            )
