"""Runs a task in a pool process: claims it, runs an attempt, records the outcome."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from celery import Task, states
from celery.exceptions import Ignore, TaskRevokedError

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac.contract.reports import Send
from celeriac.contract.submitting import Submissions
from celeriac.files.of_run import FileRules, RunFiles
from celeriac.ledger.for_workers import Consumer, Granted, Refused
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Parent
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.protocol.message import REFERENCES
from celeriac_worker.run.after_error import Attempt
from celeriac_worker.run.attempt import run_attempt
from celeriac_worker.run.failure import InvalidInput, failure_of
from celeriac_worker.run.outcome import Cancelled, Dropped, Failed, Outcome, PutOff, Returned, Succeeded
from celeriac_worker.run.references import with_results
from celeriac_worker.run.request import set_failure, set_files, token_of
from celeriac_worker.run.shared.in_pool import PoolShares
from celeriac_worker.run.submitting import Submitting, trace_in
from celeriac_worker.run.task_traceback import task_traceback

LONGEST_IN_LOG = 1_000

logger = logging.getLogger(__name__)


class LedgerTask(Task):  # type: ignore[misc]  # celery has no types
    """A Celery task made from a definition. worker/celeriac_worker/run/backend.py records every end."""

    abstract = True
    Request = "celeriac_worker.run.request:LedgerRequest"
    implementation: Implementation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task once, and end the run in Celery's terms: a result, an error, or `Ignore`, where all is written down."""
        match self.outcome(args, kwargs):
            case Succeeded(result):
                return result
            case Failed(error):
                set_failure(self.request, replace(failure_of(error), traceback=task_traceback(error)))
                raise error
            case PutOff(error, attempt, delay):
                self._put_off(error, attempt, delay)
            case Cancelled(error):
                self._end_cancelled(failure_of(error).message or "cancelled")
            case Returned():
                self._return_task()
                raise SystemExit
            case Dropped(state):
                logger.info(
                    "task %s: message dropped, the task is %s", self.request.id, state or "not in the ledger"
                )
        raise Ignore

    def outcome(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        """Claim the task and run its function; the outcome is not recorded yet."""
        match self._claim():
            case Refused(state):
                return Dropped(state)
            case Granted(number):
                try:
                    kwargs = self._with_results(kwargs)
                except InvalidInput as wrong:
                    return Failed(wrong)
                context.begin(number, ask=self._ask(), send=self._send(), submissions=self._submitting())
                files = self._files()
                # The outcome has no name here: the traceback of a failure leads to this frame, and would keep itself.
                try:
                    return run_attempt(
                        self.implementation,
                        self._attempt(number),
                        args,
                        kwargs,
                        shared=self._shared,
                        files=files,
                    )
                finally:
                    if files is not None and files.kept:
                        set_files(self.request, files.kept)

    def _files(self) -> RunFiles | None:
        """Where its large files are: nowhere, if the ledger does not know it."""
        if token_of(self.request) is None:
            return None
        rules: FileRules = self.app.files
        return rules.of_run(partial(self.app.consumer.may_read, self.request.id))

    def _with_results(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The input; results of other tasks are read in a call of its own, and only where the message says so."""
        if token_of(self.request) is None or not getattr(self.request, REFERENCES, False):
            return kwargs
        consumer: Consumer = self.app.consumer
        return with_results(kwargs, consumer)

    def _shared(self) -> Mapping[str, Any]:
        """What the task shares with others in this process."""
        shares: PoolShares = self.app.shares
        return shares.values(self.implementation.shared)

    def _attempt(self, number: int) -> Attempt:
        request = self.request
        return Attempt(
            number,
            soft_limit_seconds=(request.timelimit or (None, None))[1],
            max_result_bytes=self.app.settings.max_result_bytes,
            is_from_api=token_of(request) is not None,
            is_cancelled=self._is_cancelled,
        )

    def _ask(self) -> Callable[[], bool]:
        """How any thread of the task finds out whether it is to end: `self.request` is there in one of them alone."""
        if token_of(self.request) is None:
            return lambda: False
        consumer: Consumer = self.app.consumer
        return partial(consumer.is_known_to_be_cancelled, self.request.id)

    def _send(self) -> Send | None:
        """Where what the task says of itself goes: nowhere, if the ledger does not know it."""
        token = token_of(self.request)
        if token is None:
            return None
        consumer: Consumer = self.app.consumer
        return partial(consumer.emit, self.request.id, token)

    def _submitting(self) -> Callable[[], Submissions] | None:
        """What submits tasks for the task: nothing, if the ledger does not know it."""
        token, request = token_of(self.request), self.request
        return None if token is None else partial(self._submissions, request, token)

    def _submissions(self, request: Any, token: str) -> Submissions:
        """Made when the task submits its first one, perhaps in a thread, where `self.request` is another one."""
        parent, trace = Parent(task_id=request.id, token=token), partial(self._trace, request)
        submitting = Submitting(parent, self.app.consumer, self.app.definitions, trace)
        return Submissions(request.id, submitting.submit)

    def _trace(self, request: Any) -> Trace | None:
        """The trace that submissions continue."""
        return trace_in(request)

    def _claim(self) -> Granted | Refused:
        """Whether it may run, and as which attempt. A task that is not from the API runs as Celery's own do."""
        request = self.request
        token = token_of(request)
        if token is None:
            return Granted(int(request.retries) + 1)
        consumer: Consumer = self.app.consumer
        return consumer.claim(self.backend.claim(request.id, token, request.hostname))

    def _return_task(self) -> None:
        """Someone else runs the task from its beginning: the worker stops, and its grace is over. Or it is to be cancelled."""
        token = token_of(self.request)
        if token is not None:
            consumer: Consumer = self.app.consumer
            consumer.return_task(self.request.id, token=token)
            logger.info("task %s: returned", self.request.id)

    def _is_cancelled(self) -> bool:
        """Whether somebody has asked for the end of this task; nobody can where the ledger does not know it."""
        consumer: Consumer = self.app.consumer
        return token_of(self.request) is not None and consumer.is_cancelled(self.request.id)

    def _end_cancelled(self, words: str) -> None:
        revoked = TaskRevokedError(words)
        consumer: Consumer = self.app.consumer
        consumer.end(
            self.request.id,
            token=token_of(self.request) or "",
            state=State.CANCELLED,
            failure=failure_of(revoked),
            document=self.backend.document(revoked, states.REVOKED, request=self.request),
        )
        logger.info("task %s: cancelled: %s", self.request.id, " ".join(words.split())[:LONGEST_IN_LOG])

    def _put_off(self, failure: Exception, attempt: int, delay: timedelta) -> None:
        consumer: Consumer = self.app.consumer
        consumer.retry(
            self.request.id,
            token=token_of(self.request) or "",
            delay=delay,
            failure=failure_of(failure),
            document=self.backend.document(failure, states.RETRY, request=self.request),
        )
        logger.info(
            "task %s: attempt %d failed, the next is due in %.1f s",
            self.request.id,
            attempt,
            delay.total_seconds(),
        )
