"""Runs a task in a pool process: claims it, calls it, checks its result."""

import inspect
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from billiard.common import terminate_handler_fired
from celery import Task, states
from celery.exceptions import Ignore, SoftTimeLimitExceeded, TaskPredicate, TaskRevokedError
from pydantic import ValidationError

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac.contract.reports import Send
from celeriac.ledger.for_workers import Consumer, Granted, Refused
from celeriac.ledger.model.states import State
from celeriac_worker.run.failure import (
    Exited,
    InvalidInput,
    OutOfMemory,
    failure_of,
    invalid_input_sentence,
)
from celeriac_worker.run.outcome import Cancelled, Dropped, Failed, Outcome, PutOff, Returned, Succeeded
from celeriac_worker.run.request import set_failure, token_of
from celeriac_worker.run.result import json_values
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
            case Granted(attempt):
                return self._attempt(attempt, args, kwargs)

    def _attempt(self, attempt: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        context.begin(attempt, ask=self._ask(), send=self._send())
        try:
            return self._run_and_tell(args, kwargs)
        except Exception as error:  # noqa: BLE001 - it is handed on
            return self._after(error, attempt)

    def _after(self, error: Exception, attempt: int) -> Outcome:
        """What an error comes to."""
        if isinstance(error, context.Cancelled) and self._is_cancelled():
            return Cancelled(error)
        delay = self._delay(error, attempt)
        return Failed(error) if delay is None else PutOff(error, attempt, delay)

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

    def _run_and_tell(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Succeeded | Returned:
        """The last that a task says of itself goes out before its end does."""
        try:
            return self._called(args, kwargs)
        finally:
            context.end()

    def _claim(self) -> Granted | Refused:
        """Whether it may run, and as which attempt. A task that is not from the API runs as Celery's own do."""
        request = self.request
        token = token_of(request)
        if token is None:
            return Granted(int(request.retries) + 1)
        consumer: Consumer = self.app.consumer
        return consumer.claim(self.backend.claim(request.id, token, request.hostname))

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Succeeded | Returned:
        arguments = self._arguments(args, kwargs)
        try:
            value = self._returned(arguments)
        except BaseException:
            if not terminate_handler_fired():
                raise
            # Its process was told to end; what the task makes of that, by a `finally` that fails, say, does not count.
            return Returned()
        most_bytes = self.app.settings.max_result_bytes
        return Succeeded(json_values(value, self.implementation.output, most_bytes=most_bytes))

    def _returned(self, arguments: dict[str, Any]) -> object:
        try:
            return self.implementation.function(**arguments)
        except SoftTimeLimitExceeded as late:
            soft = self.request.timelimit[1]
            raise SoftTimeLimitExceeded(f"the task ran longer than its soft time limit of {soft} s") from late
        except MemoryError as full:
            raise OutOfMemory(str(full) or "the task ran out of memory") from full
        except (SystemExit, KeyboardInterrupt, TaskPredicate) as way_out:
            raise Exited(
                f"the task raised {type(way_out).__name__}({way_out}): return or raise an error instead"
            ) from way_out

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The function's arguments in their real types. The API has validated its own by the same rules."""
        try:
            return _arguments(self.implementation, args, kwargs)
        except InvalidInput as wrong:
            if token_of(self.request) is None:
                raise
            raise InvalidInput(
                f"{str(wrong)[:LONGEST_IN_LOG]}. The definition of {self.name!r} changed after the task was accepted, or "
                "differs between the API and this worker: submit the task again with a valid input"
            ) from None

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

    def _delay(self, failure: Exception, attempt: int) -> timedelta | None:
        policy = self.implementation.retry
        if (
            policy is None
            or token_of(self.request) is None
            or isinstance(failure, InvalidInput | context.Cancelled)
        ):
            return None
        return policy.delay(failure, attempt)

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


def _arguments(
    implementation: Implementation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The function's arguments in their real types, by the same rules as at the API's door."""
    try:
        keywords = (
            inspect.signature(implementation.function).bind_partial(*args, **kwargs).arguments
            if args
            else kwargs
        )
        model = implementation.input_model.model_validate_json(json.dumps(keywords), strict=True)
    except ValidationError as wrong:
        raise InvalidInput(invalid_input_sentence(wrong)) from None
    except (TypeError, ValueError) as wrong:
        raise InvalidInput(str(wrong)) from wrong
    return dict(model.__dict__)
