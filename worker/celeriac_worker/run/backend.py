"""Celery's result backend, which ends our tasks in the ledger."""

import logging
from typing import TYPE_CHECKING, Any

from celery import states
from celery.app.task import Context
from celery.backends.redis import RedisBackend
from celery.exceptions import TimeLimitExceeded
from kombu.exceptions import DecodeError

from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.model.states import from_celery
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import date_done
from celeriac.ledger.store.refusal import refusal_of
from celeriac.values.addresses.redis_address import pool
from celeriac.values.short_text import LONGEST_MESSAGE, shortened_traceback
from celeriac_worker.run.failure import LONGEST_FAILURE, failure_of, overrun_sentence
from celeriac_worker.run.request import TOKEN, failure_on, files_on, token_of

if TYPE_CHECKING:  # it is Celery's inside, and not everywhere as it was
    from celeriac_worker.processes.child import Inbox

ENDS = (states.SUCCESS, states.FAILURE)

logger = logging.getLogger(__name__)


class LedgerBackend(RedisBackend):  # type: ignore[misc]  # celery has no types
    """Stores the end of a task that came through the API as one step of the ledger, and all else as Celery does."""

    # Of the document of a task that has begun here.
    _around_id: tuple[bytes, bytes] | None = None

    def _get_pool(self, **parameters: Any) -> Any:
        """Called by Celery, which reads addresses otherwise."""
        names = ("socket_timeout", "socket_connect_timeout", "socket_keepalive", "health_check_interval")
        options = {name: parameters[name] for name in names if name in parameters}
        return pool(self.app.settings.backend, **options)

    def store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: str | None = None,
        request: Any = None,
        **options: Any,
    ) -> Any:
        """Write the record, Celery's own result document and its PUBLISH together; False if the task is not ours any more."""
        token = token_of(request)
        if token is None:
            return super().store_result(
                task_id, result, state, traceback=traceback, request=request, **options
            )
        if (
            state not in ENDS
        ):  # the claim has said that it started; all else is Celery's own idea of a shutdown
            return result
        consumer: Consumer = self.app.consumer
        failure = failure_on(request)
        stored = consumer.end(
            task_id,
            token=token,
            state=from_celery(state),
            failure=(failure or _failure(result)) if state in states.EXCEPTION_STATES else None,
            # Celery's own begins with frames of the worker; without a failure the function was not reached.
            document=self.document(
                result, state, traceback=failure.traceback if failure else None, request=request
            ),
            following=self._following(),
            files=files_on(request) if state == states.SUCCESS else (),
        )
        if not stored:
            logger.warning("task %s: its end (%s) came too late and was dropped", task_id, state)
        return result

    def exception_safe_to_retry(self, exc: Exception) -> bool:
        """Called by Celery when a result of its own could not be stored: what Redis refuses for now is tried again."""
        return bool(super().exception_safe_to_retry(exc)) or refusal_of(exc) is not None

    def claim(self, task_id: str, token: str, worker: str) -> Claim:
        """What is asked for before one of our tasks runs; Celery's document of it is always the same, but for its id."""
        id_bytes = task_id.encode()
        if self._around_id is None:
            meta = {"pid": None, "hostname": worker}
            before, _, after = self.document(meta, states.STARTED, request=Context(id=task_id)).rpartition(
                id_bytes
            )
            self._around_id = before, after
        before, after = self._around_id
        return Claim(task_id, token, worker, bytes(before + id_bytes + after))

    def _following(self) -> Claim | None:
        """The claim of the task that this process will run next, if that is known already, and ours."""
        inbox: Inbox | None = self.app.inbox
        request = None if inbox is None else inbox.following()
        if request is None or TOKEN not in request:
            return None
        return self.claim(request["id"], request[TOKEN], request["hostname"])

    def document(
        self, result: Any, state: str, *, traceback: str | None = None, request: Any = None
    ) -> bytes:
        """Celery's own result document for this task, encoded as Celery stores it (`Backend._get_result_meta`).

        Made here, because Celery looks up a setting for each that we do not use (`result_extended`), and that takes longer
        than all the rest.
        To report to Celery: the lookups could happen once, and an error whose arguments contain `__type__` cannot be read back.
        """
        meta = {
            "status": state,
            "result": self.encode_result(result, state),
            "traceback": traceback,
            "children": self.current_task_children(request),
            "date_done": date_done() if state in states.READY_STATES else None,
            "task_id": request.id,
        }
        encoded: str = self.encode(meta)
        if len(encoded) > LONGEST_FAILURE and isinstance(result, BaseException):
            meta["result"]["exc_message"] = [failure_of(result).message]
            meta["traceback"] = traceback and shortened_traceback(str(traceback))
            encoded = self.encode(meta)
        if state in states.EXCEPTION_STATES and '"__type__"' in encoded:
            encoded = self._readable(meta, encoded)
        return encoded.encode()

    def _readable(self, meta: dict[str, Any], encoded: str) -> str:
        """The same document; the arguments of an error that Celery could not read back go in words."""
        try:
            self.decode(encoded)
        except (DecodeError, ValueError):
            arguments = [repr(argument)[:LONGEST_MESSAGE] for argument in meta["result"]["exc_message"]]
            meta["result"]["exc_message"] = arguments
            encoded = self.encode(meta)
        return encoded


def _failure(error: BaseException) -> Failure:
    if isinstance(error, TimeLimitExceeded):
        return Failure(type(error).__name__, overrun_sentence(error.args[0]))
    return failure_of(error)
