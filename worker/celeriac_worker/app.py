"""The Celery app of the pool, made from the contract: `celery -A celeriac_worker.app worker`."""

import logging
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import Celery, signals

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import (
    Implementations,
    catalog_of,
    files_without_tasks,
    load_implementations,
)
from celeriac.contract.implementation import Implementation
from celeriac.contract.signature import ContractError
from celeriac.files.of_run import FileRules
from celeriac.ledger.file_rules import file_rules_of
from celeriac.ledger.for_workers import Consumer
from celeriac.settings import Settings, SettingsError
from celeriac.telemetry.start_messages import mention_files_without_tasks, refuse_start
from celeriac.telemetry.trace_settings import is_wanted, packages_of_the_extra
from celeriac_worker.configuration import celery_configuration
from celeriac_worker.controller import Controller, refuse_windows
from celeriac_worker.insides.parts import fitting_parts, warn_of_differences
from celeriac_worker.intake.prefetch import Ahead
from celeriac_worker.logs import set_up as set_up_logs
from celeriac_worker.logs import take_prints
from celeriac_worker.loop_control.loops import Loops
from celeriac_worker.processes.process_groups import Reaper
from celeriac_worker.run.request import LedgerRequest
from celeriac_worker.run.shared.in_pool import PoolShares
from celeriac_worker.run.submitting import Definitions
from celeriac_worker.run.task import LedgerTask
from celeriac_worker.steps.announcing import Announcing
from celeriac_worker.steps.child_watch import Attention
from celeriac_worker.steps.heartbeat import Heartbeat
from celeriac_worker.steps.keeper import Housekeeping
from celeriac_worker.steps.loops import AsyncTasks
from celeriac_worker.steps.return_reserved import ReturnReserved
from celeriac_worker.temporary_files import settle_temporary_directory

if TYPE_CHECKING:  # it is Celery's inside, and not everywhere as it was
    from celeriac_worker.processes.child import Inbox

logger = logging.getLogger(__name__)


class Pool(Celery):  # type: ignore[misc]  # celery has no types
    """A Celery app that knows the ledger."""

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's own name
        """What `celery worker` starts."""
        return self.subclass_with_self(Controller)

    settings: Settings
    implementations: Implementations
    definitions: Definitions
    # Those from which event loops take.
    async_queues: frozenset[str]
    consumer: Consumer
    # How many messages to take beforehand.
    ahead: Ahead
    # By token: the tasks that the worker has taken, and those that a process has begun with.
    reserved: dict[str, LedgerRequest]
    active: dict[str, LedgerRequest]
    # Made when the worker starts, if it serves queues of async tasks.
    loops: Loops | None
    # Of a process of the pool: what its tasks share, closed when it ends.
    shares: PoolShares
    files: FileRules
    # Made before the pool is; not there in a process of the pool that is a Python of its own.
    reaper: Reaper
    # Of a process of the pool.
    inbox: "Inbox | None" = None

    def __reduce__(self) -> tuple[Callable[[], "Pool"], tuple[()]]:
        """Where processes of the pool are spawned, and not forked, as on macOS, each makes the app anew."""
        return _app_made_here, ()


def create_app(
    settings: Settings, implementations: Implementations, *, task_class: type[LedgerTask] = LedgerTask
) -> Pool:
    """The app with one Celery task of this class for each plain implementation."""
    app = Pool("celeriac", task_cls=task_class, set_as_current=True)
    parts = fitting_parts()
    app.config_from_object(celery_configuration(settings, catalog_of(implementations), parts))
    parts.prepare()
    app.settings, app.implementations = settings, implementations
    app.definitions = Definitions({**implementations, **built_in()}, settings)
    app.async_queues = app.definitions.queues.asynchronous
    app.consumer = Consumer(settings)
    app.ahead = Ahead()
    app.shares = PoolShares()
    app.files = file_rules_of(settings)
    signals.worker_process_shutdown.connect(lambda **_: app.shares.close(), weak=False)
    app.reserved = {}
    app.active = {}
    app.loops = None
    app.steps["worker"].update(
        (Announcing, Attention, AsyncTasks, Heartbeat, Housekeeping, ReturnReserved, *parts.steps)
    )
    set_up_logs(settings.log_format)
    for implementation in app.definitions.implementations.values():
        if not implementation.definition.is_async:  # an event loop runs those
            _register(app, implementation, settings)
    app.finalize()
    return app


def _register(app: Pool, implementation: Implementation, settings: Settings) -> None:
    definition = implementation.definition
    hard, soft = definition.time_limits(settings.soft_time_limit)
    app.task(
        name=definition.celery_name,
        implementation=implementation,
        queue=definition.queue_in(settings),
        time_limit=hard.total_seconds(),
        soft_time_limit=soft and soft.total_seconds(),
    )(implementation.function)


def _app_made_here() -> Pool:
    return app


def _app_of_this_process() -> Pool:
    refuse_windows()
    try:
        settings = Settings.read()
        take_prints(settings.log_format)
        settle_temporary_directory()
        _keep_directory()
        app = create_app(settings, load_implementations(settings.tasks), task_class=_task_class())
    except (SettingsError, ContractError) as wrong:
        refuse_start("worker", wrong)
    signals.celeryd_after_setup.connect(
        lambda **_: mention_files_without_tasks(logger, files_without_tasks(settings.tasks)), weak=False
    )
    signals.celeryd_after_setup.connect(lambda **_: warn_of_differences(logger), weak=False)
    return app


def _keep_directory() -> None:
    """Celery takes the directory in which it finds us out of the path again; a spawned process has to find us there, too."""
    sys.path.append(str(Path.cwd()))


def _task_class() -> type[LedgerTask]:
    if not is_wanted():
        return LedgerTask
    with packages_of_the_extra():
        from celeriac_worker import spans  # noqa: PLC0415 - an extra, and slow to load
    spans.set_up()
    return spans.TracedTask


app = _app_of_this_process()
