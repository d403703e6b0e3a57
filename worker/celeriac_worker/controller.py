"""Celery's worker, which refuses unsupported options and systems at its start."""

import sys
from collections.abc import Collection, Iterable
from typing import Any

from celery import concurrency
from celery.utils.text import str_to_list

from celeriac.ledger.for_workers import Consumer
from celeriac.telemetry.start_messages import refuse_start
from celeriac_worker.loop_control.loops import Loops
from celeriac_worker.name import NamedWorker


class CannotWork(Exception):
    """An option or the machine is not supported; the text describes what to do."""


class Controller(NamedWorker):
    """What `celery worker` makes of its options."""

    # Whether it waits for running tasks: another signal ends that.
    is_in_grace = False
    # The queues of async tasks that this worker serves with its event loops.
    loop_queues: frozenset[str] = frozenset()

    def on_before_init(self, **options: Any) -> None:
        """Called by Celery first of all."""
        _check_pool(options.get("pool_cls") or options.get("pool"), ours=self.app.conf.worker_pool)
        queues = self.app.amqp.queues
        for name in self._queues_of_before(str_to_list(options.get("queues")) or ()):
            queues.add(name)
        known_names = {*queues, *self.app.async_queues}
        for option, names in (("-Q", options.get("queues")), ("-X", options.get("exclude_queues"))):
            _check_queues(option, str_to_list(names) or (), known_names=known_names)
        super().on_before_init(**options)

    def wait_for_soft_shutdown(self) -> None:
        """Called by Celery in its handler of SIGTERM: pool and loops have their grace side by side."""
        loops: Loops | None = self.app.loops
        if loops is not None:
            loops.stop(self.app.settings.shutdown_grace.total_seconds())
        self.is_in_grace = True
        super().wait_for_soft_shutdown()
        self.is_in_grace = False

    def on_stopped(self) -> None:
        """Called by Celery when all steps have stopped, and so the pool."""
        loops: Loops | None = self.app.loops
        if loops is not None:
            self.is_in_grace = True
            loops.wait()
        super().on_stopped()

    def setup_queues(self, include: Any, exclude: Any = None) -> None:
        """Called by Celery with the values of -Q and -X: the queues of async tasks are for the loops, the others for the pool."""
        selected, excluded = str_to_list(include) or (), str_to_list(exclude) or ()
        asynchronous = self.app.async_queues
        self.loop_queues = frozenset(selected or asynchronous) & asynchronous - set(excluded)
        plain = [name for name in selected if name not in asynchronous]
        if selected and not plain:
            excluded = [*excluded, *self.app.amqp.queues]
        super().setup_queues(plain, [name for name in excluded if name not in asynchronous])
        if not self.app.amqp.queues.consume_from:
            self.concurrency = 1  # no pool has fewer processes

    def _queues_of_before(self, names: Iterable[str]) -> list[str]:
        """Those that no task uses now, but on which tasks were accepted, which may still wait there."""
        consumer: Consumer = self.app.consumer
        known_names = {*self.app.amqp.queues, *self.app.async_queues}
        return [name for name in names if name not in known_names and consumer.had_tasks(name)]


def refuse_windows(platform: str = sys.platform) -> None:
    """Called before anything else is tried."""
    if platform == "win32":
        refuse_start("worker", CannotWork(WINDOWS))


OTHER_POOL = (
    "Option -P selects the pool {}, which can neither terminate one task nor limit its time: remove -P."
)
WINDOWS = (
    "It does not run on Windows, which has no process groups and no signals that end a task: "
    "use the Windows Subsystem for Linux (WSL), or containers (docker compose up)."
)
UNKNOWN_QUEUE = (
    "Option {} names {}, which no task uses as its queue; the queues are {}. "
    "Check the spelling, and check that CELERIAC_TASKS lists the tasks that use it."
)


def _check_pool(pool_option: Any, *, ours: str) -> None:
    pool = concurrency.get_implementation(pool_option or ours)
    if not issubclass(pool, concurrency.get_implementation(ours)):
        refuse_start("worker", CannotWork(OTHER_POOL.format(pool.__module__)))


def _check_queues(option: str, queues: Iterable[str], *, known_names: Collection[str]) -> None:
    unknown = [name for name in queues if name not in known_names]
    if unknown:
        names, others = ", ".join(map(repr, unknown)), ", ".join(sorted(known_names))
        refuse_start("worker", CannotWork(UNKNOWN_QUEUE.format(option, names, others)))
