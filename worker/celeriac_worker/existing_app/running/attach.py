"""Attaches the ledger to an app: its workers, their processes, its results."""

from typing import Any

from celery import bootsteps, current_app, signals
from celery.exceptions import NotRegistered

from celeriac.ledger.model.states import State
from celeriac_worker.existing_app.running.backend import follow_results
from celeriac_worker.existing_app.running.beat.heartbeat import Heartbeat, Orders
from celeriac_worker.existing_app.running.keeping import Keeping
from celeriac_worker.existing_app.running.outcome import NOTHING, failure_in
from celeriac_worker.existing_app.running.request import use_requests
from celeriac_worker.existing_app.running.return_reserved import ReturnReserved
from celeriac_worker.existing_app.running.trace import wrap_tracers
from celeriac_worker.existing_app.running.unacknowledged import Unacknowledged
from celeriac_worker.existing_app.state import ATTRIBUTE, AppLedger, ledger_of

# Those of this process, the last one last.
_attached: list[AppLedger] = []


def attach(app: Any) -> None:
    """Have the workers of an app that carries a ledger keep it. Nothing is read or sent now."""
    ledger = ledger_of(app)
    if ledger is None:
        return
    follow_results(app)
    app.steps["worker"].update((Requests, Heartbeat, Keeping, ReturnReserved))
    app.steps["consumer"].update((Tracers, Orders, Unacknowledged))
    _attached.append(ledger)


class Requests(bootsteps.Step):  # type: ignore[misc]  # celery has no types
    """Gives the tasks their request class, before the consumer makes its strategies of them."""

    def __init__(self, worker: Any, **options: Any) -> None:
        """Called when the worker is made, and has loaded the tasks."""
        super().__init__(worker, **options)
        use_requests(worker.app)


class Tracers(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Wraps the tracers of the tasks that run in this process, each time that Celery has made them."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Called after each connection to the broker. What an earlier one had received, Celery has dropped."""
        wrap_tracers(consumer.app)
        ledger = ledger_of(consumer.app)
        if ledger:
            ledger.runs.forget_connection()


def _in_process(**_: Any) -> None:
    """A process of a pool begins, and Celery has made the tracers. One that was spawned has an app of its own."""
    app = current_app._get_current_object()  # noqa: SLF001 - Celery's own name
    if ledger_of(app) is None and _attached:
        like = _attached[-1]
        setattr(app, ATTRIBUTE, AppLedger(app, names=like.names, static=like.static))
        follow_results(app)
    wrap_tracers(app)


def _on_unknown(sender: Any, id: str, name: str, **_: Any) -> None:  # noqa: A002 - Celery's name
    """No task of this worker has the name in a message: Celery drops the message, so the task has ended."""
    _drop(sender.app, id, NotRegistered(f"this worker does not know the task {name[:100]!r}"))


def _on_rejected(sender: Any, message: Any, exc: BaseException | None, **_: Any) -> None:
    """Celery cannot read a message, and drops it."""
    task_id = (message.headers or {}).get("id")
    if isinstance(task_id, str):
        _drop(sender.app, task_id, exc or ValueError("Celery cannot read the message"))


def _drop(app: Any, task_id: str, error: BaseException) -> None:
    ledger = ledger_of(app)
    if ledger:
        ledger.consumer.drop(task_id, state=State.FAILED, failure=failure_in(error), document=NOTHING)


signals.worker_process_init.connect(_in_process, weak=False)
signals.task_unknown.connect(_on_unknown, weak=False)
signals.task_rejected.connect(_on_rejected, weak=False)
