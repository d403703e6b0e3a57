"""Celery's request of an app's task, with a token for each delivery.

Celery decides what becomes of the message: these classes only let the ledger know.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import uuid4

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import WorkerLostError
from celery.exceptions import Reject, TaskRevokedError, TimeLimitExceeded
from celery.worker.request import Request
from kombu.utils.imports import symbol_by_name
from redis.exceptions import RedisError

from celeriac.ledger.for_apps import Published
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac_worker.existing_app.running.outcome import NOTHING, failure_in
from celeriac_worker.existing_app.running.receipt import is_for_all, publication_in, stamp_of
from celeriac_worker.existing_app.running.runs import STAMP, TOKEN
from celeriac_worker.existing_app.state import AppLedger, ledger_of
from celeriac_worker.run.failure import loss_sentence

logger = logging.getLogger(__name__)


def use_requests(app: Any) -> None:
    """Have the tasks of an app use these, each before the request class that it has."""
    for task in app.tasks.values():
        kind = symbol_by_name(task.Request)
        if not issubclass(kind, LedgerRequest):
            task.Request = _followed(kind)


class LedgerRequest(Request):  # type: ignore[misc]  # celery has no types
    """Put before the request class of a task, which is made of Celery's own, too."""

    # There is one where there is a token.
    _ledger: AppLedger
    acknowledged: bool
    # Another message of the task goes before this one: it must not run.
    _is_dropped = False
    # What became of the process that ran the task.
    _loss: str | None = None

    def __init__(self, message: Any, **options: Any) -> None:
        """Record a message that the ledger does not know; one that goes to all workers has no record."""
        super().__init__(message, **options)
        ledger = ledger_of(self._app)
        if ledger is None or is_for_all(message):
            return
        self._ledger = ledger
        stamp = stamp_of(message)
        if stamp is None:
            try:
                published, stamp = ledger.consumer.adopt(publication_in(self, message))
            except RedisError:
                logger.exception(
                    "task %s: the ledger does not take it, and it runs without a record", self.id
                )
                return
            self._is_dropped = published is Published.NEXT
        token = self._request_dict[TOKEN] = uuid4().hex
        self._request_dict[STAMP] = stamp
        self._ledger.runs.receive(token, self)

    @property
    def token(self) -> str:
        """This delivery's token; "" for what has no record."""
        token: str = self._request_dict.get(TOKEN, "")
        return token

    def revoked(self) -> bool:
        """Called before it runs."""
        if not self._is_dropped:
            return bool(super().revoked())
        self.acknowledge()
        return True

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """A process of the pool has it."""
        super().on_accepted(pid, time_accepted)
        if self.token:
            self._ledger.runs.begin(self.token, self)

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 - Celery's own
        """Its time limit is over. Where the message is to come again after that, the task has not ended."""
        if not self.token or soft:
            super().on_timeout(soft, timeout)
        elif self.task.acks_late and not self.task.acks_on_timeout:
            with self._without_token():
                super().on_timeout(soft, timeout)
        else:
            super().on_timeout(soft, timeout)
            self._settle(State.FAILED, failure_in(TimeLimitExceeded(timeout)))

    def on_failure(self, exc_info: Any, **options: Any) -> Any:
        """Its run has failed, or its process is gone."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        is_lost = isinstance(error, WorkerLostError | SystemExit | KeyboardInterrupt)
        self._loss = loss_sentence(error) if is_lost else None
        answer = super().on_failure(exc_info, **options)
        if self.token and (is_lost or (isinstance(error, Reject) and not error.requeue)):
            self._settle(State.FAILED, failure_in(error))
        return answer

    def acknowledge(self) -> None:
        """Its message is done with; if that is not because it begins, the worker has it no more."""
        super().acknowledge()
        if self.token and (self.task.acks_late or self.time_start is None):
            self._ledger.runs.end(self.token)

    def reject(self, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - Celery's own
        """Its message is to come again, or not."""
        if requeue and self.token and not self.acknowledged and self._requeue():
            self.acknowledge()
            self.send_event("task-rejected", requeue=True)
        else:
            super().reject(requeue=requeue)
        if self.token:
            self._ledger.runs.end(self.token)

    def leave(self, pool: Any) -> None:
        """Another worker has the task: end the process that runs it here, and say nothing of it."""
        if self.time_start:
            self._already_cancelled = True
            pool.terminate_job(self.worker_pid)

    def return_message(self) -> None:
        """The ledger has pushed its message again, so the broker need not."""
        self._ledger.runs.end(self.token)
        if not self.acknowledged:
            self.acknowledged = True
            self.message.ack_log_error(logger, self.connection_errors)

    def _announce_revoked(self, *args: Any) -> None:
        """Celery's remote control, its `expires`, or the ledger ends it."""
        super()._announce_revoked(*args)
        if self.token:
            failure = failure_in(TaskRevokedError(args[0]))
            self._settle(State.CANCELLED, failure)

    def _announce_cancelled(self, *args: Any, **options: Any) -> None:
        """The worker ends at once, or has lost its connection: its process is ended, and Celery says that it is to run again."""
        if not self.token:
            super()._announce_cancelled(*args, **options)
            return
        with self._without_token() as token:
            super()._announce_cancelled(*args, **options)
        consumer = self._ledger.consumer
        if self.task.acks_late:
            consumer.return_task(self.id, token=token)
        else:
            consumer.lose(self.id, token=token, reason="its worker stopped")

    def _requeue(self) -> bool:
        """Have the ledger push its message again; False if this run is not its owner any more."""
        consumer = self._ledger.consumer
        if self._loss:
            return bool(consumer.lose(self.id, token=self.token, reason=self._loss))
        return bool(consumer.return_task(self.id, token=self.token))

    def _settle(self, state: State, failure: Failure) -> None:
        """Write the end of which Celery has stored nothing, because its result is ignored."""
        runs = self._ledger.runs
        if self.token not in runs.stored:
            consumer = self._ledger.consumer
            consumer.end(self.id, token=self.token, state=state, failure=failure, document=NOTHING)
        runs.stored.discard(self.token)
        runs.end(self.token)

    @contextmanager
    def _without_token(self) -> Iterator[str]:
        """Celery stores what it wants meanwhile, and the ledger learns nothing of it."""
        token = self._request_dict.pop(TOKEN)
        self.__dict__.pop("_context", None)
        try:
            yield token
        finally:
            self._request_dict[TOKEN] = token
            self.__dict__.pop("_context", None)


@cache
def _followed(kind: type) -> type:
    return type(f"Ledger{kind.__name__}", (LedgerRequest, kind), {"__module__": kind.__module__})
