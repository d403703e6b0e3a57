"""Makes the result backend of an app end tasks in the ledger.

The class of the backend object gets another one before it. Where its results are in the ledger's Redis, in JSON and under Celery's
own names, the step that ends a task writes them; elsewhere the ledger comes first, and then the backend stores as it always does.
"""

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache, cached_property
from typing import Any, ClassVar

from celery import states
from celery.app.task import Context
from celery.backends.base import Backend, unpickle_backend
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps

from celeriac.ledger.model.states import State, from_celery
from celeriac.ledger.store import keys
from celeriac_worker.existing_app.addresses import backend_address
from celeriac_worker.existing_app.running.outcome import failure_in
from celeriac_worker.existing_app.running.runs import token_of
from celeriac_worker.existing_app.state import AppLedger, ledger_of
from celeriac_worker.run.failure import failure_of

ENDS = (states.SUCCESS, states.FAILURE, states.REVOKED)
# What Celery revokes a message with that came too late.
EXPIRED = "expired"

logger = logging.getLogger(__name__)


def follow_results(app: Any) -> None:
    """Have each result backend that this app makes from now on end tasks in the ledger."""
    stock: Callable[[], Any] = app._get_backend  # noqa: SLF001 - a user may have another one

    def get_backend() -> Any:
        backend = stock()
        if not isinstance(backend, LedgerBackend):
            backend.__class__ = _followed(backend.__class__)
        return backend

    app._get_backend = get_backend  # noqa: SLF001 - likewise
    app._backend_cache = None  # noqa: SLF001 - what was made before the line was read
    vars(app._local).pop("backend", None)  # noqa: SLF001 - likewise


class LedgerBackend(Backend):  # type: ignore[misc]  # celery has no types
    """Put before the class of an app's backend, which is made of Celery's own, too."""

    kind: ClassVar[type]

    @property
    def _ledger(self) -> AppLedger:
        ledger = ledger_of(self.app)
        if ledger is None:
            raise LookupError("the app of this backend has no ledger")
        return ledger

    @cached_property
    def is_in_ledger(self) -> bool:
        """Whether Celery reads results where the ledger writes them."""
        if getattr(self, "content_type", None) != "application/json":
            return False
        try:
            is_there = backend_address(self.app) == self._ledger.settings.backend
        except ValueError:
            return False
        key_of: Callable[[str], Any] = getattr(self, "get_key_for_task", str)
        return is_there and bytes_to_str(key_of("id")) == keys.result("id")

    def store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: Any = None,
        request: Any = None,
        **options: Any,
    ) -> Any:
        """Store the state of a run in the ledger where it is one of ours, and as Celery does."""
        token = token_of(request, task_id)

        def store() -> Any:
            return super(LedgerBackend, self).store_result(
                task_id, result, state, traceback=traceback, request=request, **options
            )

        if token is None:
            return store()
        if state == states.STARTED and self.is_in_ledger:  # the claim has written it
            return result
        if state == states.RETRY:
            return self._retry(task_id, token, result, traceback, request, store)
        if state in ENDS:
            return self._end(task_id, token, result, state, traceback, request, store)
        return store()

    def started_document(self, task_id: str, request: dict[str, Any]) -> bytes:
        """What Celery stores for a task that has started; nothing where it stores that itself."""
        if not self.is_in_ledger:
            return b""
        meta = {"pid": os.getpid(), "hostname": request.get("hostname")}
        return self._document(task_id, meta, states.STARTED, None, Context(request))

    def _retry(
        self, task_id: str, token: str, result: Any, traceback: Any, request: Any, store: Callable[[], Any]
    ) -> Any:
        """The next message of the task was published already; it is pushed in this step."""
        encoded, document = self._stored(store, task_id, result, states.RETRY, traceback, request)
        self._ledger.consumer.retry(
            task_id, token=token, delay=timedelta(), failure=failure_in(result), document=document
        )
        self._ledger.runs.stored.add(token)
        return encoded

    def _stored(
        self, store: Callable[[], Any], task_id: str, result: Any, state: str, traceback: Any, request: Any
    ) -> tuple[Any, bytes]:
        """The encoded result, and Celery's document for the ledger; what is not in the ledger is stored before."""
        if self.is_in_ledger:
            encoded = self.encode_result(result, state)
            return encoded, self._document(task_id, encoded, state, traceback, request)
        return store(), self._document_beside(task_id, result, state, traceback, request)

    def _end(
        self,
        task_id: str,
        token: str,
        result: Any,
        state: str,
        traceback: Any,
        request: Any,
        store: Callable[[], Any],
    ) -> Any:
        if self.is_in_ledger:
            encoded = self.encode_result(result, state)
            document = self._document(task_id, encoded, state, traceback, request)
        else:
            encoded, document = result, self._document_beside(task_id, result, state, traceback, request)
        failure = failure_in(result) if state in states.EXCEPTION_STATES else None
        consumer = self._ledger.consumer
        end = from_celery(state)
        is_ours = consumer.end(task_id, token=token, state=end, failure=failure, document=document)
        if not is_ours and state != states.SUCCESS:  # no worker had begun with it, perhaps
            if state == states.REVOKED and str(result) == EXPIRED:
                end = State.EXPIRED
            is_ours = consumer.drop(task_id, state=end, failure=failure, document=document)
        self._ledger.runs.stored.add(token)
        if not is_ours:
            logger.warning("task %s: its end (%s) came too late and was dropped", task_id, state)
            return encoded
        return encoded if self.is_in_ledger else store()

    def _document(self, task_id: str, encoded: Any, state: str, traceback: Any, request: Any) -> bytes:
        """Celery's own result document, as this backend would store it."""
        meta = self._meta(task_id, encoded, state, traceback, request)
        document: bytes = str_to_bytes(self.encode(meta))
        return document

    def _document_beside(self, task_id: str, result: Any, state: str, traceback: Any, request: Any) -> bytes:
        """The same in JSON, for the ledger alone: what JSON cannot say goes in words."""
        if isinstance(result, BaseException):
            failure = failure_of(result)
            result = {
                "exc_type": failure.type,
                "exc_message": [failure.message],
                "exc_module": type(result).__module__,
            }
        meta = {"status": state, "result": result, "traceback": traceback and str(traceback), "children": []}
        meta.update(date_done=self.app.now().isoformat(), task_id=task_id)
        try:
            text: str = dumps(meta)
        except (TypeError, ValueError):
            text = dumps({**meta, "result": repr(result)})
        return text.encode()

    def _meta(self, task_id: str, encoded: Any, state: str, traceback: Any, request: Any) -> dict[str, Any]:
        meta: dict[str, Any] = self._get_result_meta(
            result=encoded, state=state, traceback=traceback, request=request
        )
        meta["task_id"] = task_id
        return meta

    def __reduce__(self, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Pickled as what it was before."""
        _, (_, *rest) = super().__reduce__(args, kwargs)
        return unpickle_backend, (self.kind, *rest)


@cache
def _followed(kind: type) -> type:
    return type(
        f"Ledger{kind.__name__}", (LedgerBackend, kind), {"kind": kind, "__module__": kind.__module__}
    )
