"""Tells the ledger how runs begin and end, with the next packet."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from celeriac.files.store.store import Blob
from celeriac.ledger.for_workers import Granted, error_of
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import microseconds, milliseconds
from celeriac.ledger.store import keys, scripts
from celeriac.settings import Settings
from celeriac_worker.loop.redis import documents
from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.redis.documents import date_done_lately
from celeriac_worker.loop.redis.link import Link
from celeriac_worker.loop.runs.stock_errors import NotRegistered, TaskRevokedError, TimeLimitExceeded
from celeriac_worker.run.failure import failure_of, overrun_sentence
from celeriac_worker.run.outcome import Cancelled, Dropped, Failed, Outcome, PutOff, Returned, Written
from celeriac_worker.run.task_traceback import task_traceback

GRANTED = (b"granted", b"suspect")

logger = logging.getLogger(__name__)

Claimed = Callable[[Granted | None], None]
Done = Callable[[], None]


class Ends:
    """Claims and ends over one link; what scripts answer for the server of the queues is pushed over the other."""

    def __init__(self, link: Link, broker: Link, settings: Settings, worker: str) -> None:
        """`worker` is the name in claims."""
        self._link, self._broker = link, broker
        self._where = "push" if link is broker else "record"
        self._worker, self._worker_json = worker, json.dumps(worker)
        self._ttl, self._lease = microseconds(settings.result_ttl), microseconds(settings.lease)
        self._ttl_milliseconds = milliseconds(settings.result_ttl)

    def claim(self, delivery: Delivery, claimed: Claimed) -> None:
        """Claim a task for its token; None is for one that may not run."""

        def answered(answer: Any) -> None:
            if isinstance(answer, Exception):
                logger.error("task %s: redis does not let it be claimed: %s", delivery.task_id, answer)
                claimed(None)
                return
            word, state, *pushed = answer
            company = int(pushed.pop(0)) if word == b"suspect" else None
            if pushed:
                self._broker.push(pushed)
            if word in GRANTED:
                claimed(Granted(int(state), company))
                return
            logger.info(
                "task %s: message dropped, the task is %s",
                delivery.task_id,
                state.decode() or "not in the ledger",
            )
            claimed(None)

        document = documents.started_document(delivery.task_id, self._worker_json)
        self._link.run(
            scripts.CLAIM,
            (
                delivery.task_id, delivery.token, self._worker, self._lease, document, self._ttl, date_done_lately(), self._where,
            ),
            answered,
        )  # fmt: skip

    def end(self, delivery: Delivery, outcome: Outcome, attempt: int, done: Done) -> None:
        """Record an outcome; `done` is called when it is."""
        if isinstance(outcome, Failed):
            _log(delivery, outcome.error)
        if not delivery.is_ours:
            self._end_foreign(delivery, outcome, done)
            return
        match outcome:
            case Written(text, files):
                document = documents.success_document(delivery.task_id, text)
                self._end(delivery, State.SUCCEEDED, None, document, done, files)
            case Failed(error):
                failure, document = _failed(delivery.task_id, error)
                self._end(delivery, State.FAILED, failure, document, done)
            case Cancelled(error):
                failure, document = _cancelled(delivery.task_id, error)
                self._end(delivery, State.CANCELLED, failure, document, done)
            case PutOff(error, _, delay):
                self._put_off(delivery, error, attempt, microseconds(delay), done)
            case Returned():
                arguments = (delivery.task_id, delivery.token, self._where, self._ttl, date_done_lately())
                self._run(scripts.RETURN_TASK, arguments, delivery, "return", done)
            case Dropped():
                done()

    def return_messages(self, deliveries: list[Delivery]) -> None:
        """Put messages of tasks that were not claimed back before all others, in their order."""
        flat = [part for each in reversed(deliveries) if each.is_ours for part in (each.task_id, each.stamp)]
        if flat:
            self._link.run(scripts.RETURN_MESSAGES, (self._where, *flat), self._returned)
        for each in deliveries:
            if not each.is_ours:
                self._broker.send(("RPUSH", each.queue, each.raw), _ignore)

    def _returned(self, answer: Any) -> None:
        if isinstance(answer, Exception):
            logger.warning("redis refuses the returned messages (%s); the keeper will return them", answer)
        elif answer:
            self._broker.push(answer)

    def _end(
        self,
        delivery: Delivery,
        state: State,
        failure: Failure | None,
        document: str,
        done: Done,
        files: Sequence[Blob] = (),
    ) -> None:
        self._run(
            scripts.END,
            (
                delivery.task_id, delivery.token, state, error_of(failure), document, self._ttl, date_done_lately(), self._where,
                *(part for blob in files for part in blob),
            ),
            delivery, state, done,
        )  # fmt: skip

    def _put_off(self, delivery: Delivery, error: Exception, attempt: int, delay: int, done: Done) -> None:
        failure = failure_of(error)
        document = documents.error_document(delivery.task_id, error, failure, status=documents.RETRY)
        self._run(
            scripts.RETRY,
            (
                delivery.task_id, delivery.token, delay, error_of(failure), document, self._ttl, date_done_lately(), self._where,
            ),
            delivery, "retry", done,
        )  # fmt: skip
        logger.info(
            "task %s: attempt %d failed, the next is due in %.1f s", delivery.task_id, attempt, delay / 1e6
        )

    def _run(
        self, script: scripts.Script, arguments: tuple[Any, ...], delivery: Delivery, end: str, done: Done
    ) -> None:
        def answered(answer: Any) -> None:
            if isinstance(answer, Exception):
                logger.error("task %s: redis does not let it end (%s): %s", delivery.task_id, end, answer)
            else:
                if len(answer) > 1:
                    self._broker.push(answer[1:])
                if answer[0] == b"stale":
                    logger.warning(
                        "task %s: its end (%s) came too late and was dropped", delivery.task_id, end
                    )
            done()

        self._link.run(script, arguments, answered)

    def _end_foreign(self, delivery: Delivery, outcome: Outcome, done: Done) -> None:
        """As Celery ends its own; a task whose process stops waits in its queue again."""
        match outcome:
            case Written(text):
                document = documents.success_document(delivery.task_id, text)
            case Failed(error) | PutOff(error):
                _, document = _failed(delivery.task_id, error)
            case Cancelled(error):
                _, document = _cancelled(delivery.task_id, error)
            case _:
                if isinstance(outcome, Returned):
                    self._broker.send(("RPUSH", delivery.queue, delivery.raw), _ignore)
                done()
                return
        if delivery.ignores_result:
            done()
            return
        key = keys.result(delivery.task_id)
        self._link.send(("SET", key, document, "PX", self._ttl_milliseconds), _ignore)
        self._link.send(("PUBLISH", key, document), lambda _: done())


def _log(delivery: Delivery, error: BaseException) -> None:
    facts = {"task_id": delivery.task_id, "task_name": delivery.name}
    with_traceback = error if error.__traceback__ is not None else None
    logger.error(
        "task %s (%s) failed: %s",
        delivery.task_id,
        delivery.name[:100],
        _words(error).message,
        exc_info=with_traceback,
        extra=facts,
    )


def _words(error: BaseException) -> Failure:
    failure = failure_of(error)
    if isinstance(error, TimeLimitExceeded):
        return replace(failure, message=overrun_sentence(error.args[0]))
    if isinstance(error, NotRegistered):  # whose text is made for a KeyError
        return replace(failure, message=error.args[0])
    return failure


def _failed(task_id: str, error: BaseException) -> tuple[Failure, str]:
    failure = _words(error)
    traceback = task_traceback(error)
    return failure, documents.error_document(
        task_id, error, failure, status=documents.FAILURE, traceback=traceback
    )


def _cancelled(task_id: str, error: BaseException) -> tuple[Failure, str]:
    revoked = TaskRevokedError(failure_of(error).message or "cancelled")
    failure = failure_of(revoked)
    return failure, documents.error_document(task_id, revoked, failure, status=documents.REVOKED)


def _ignore(answer: Any) -> None:
    """Nothing follows from this answer."""
