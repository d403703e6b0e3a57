"""Celery's request, with a token for each delivery of a task."""

from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import uuid4

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import Terminated, WorkerLostError
from celery.worker import state
from celery.worker.request import Request

from celeriac.files.store.store import Blob
from celeriac.ledger.model.task import Failure
from celeriac.ledger.protocol.message import ORIGIN
from celeriac_worker.run.failure import loss_sentence

TOKEN = "celeriac_token"  # noqa: S105 - the name of a header
FAILURE = "celeriac_failure"
FILES = "celeriac_files"


class LedgerRequest(Request):  # type: ignore[misc]  # celery has no types
    """Made in the main process and sent to the child, so that either can end the task: time limits end it here.

    Until it is known that a process has begun with it, it stands in the app's `reserved` (worker/celeriac_worker/steps/return_reserved.py); then in the app's
    `active`. If it has a lease, it is renewed (worker/celeriac_worker/steps/heartbeat.py).
    """

    # Set by the heartbeat: whether the ledger has said that the task is ours.
    was_ours = False
    # Set once its message is in the queue again (worker/celeriac_worker/steps/return_reserved.py).
    is_returned = False

    def __init__(self, message: Any, **options: Any) -> None:
        """Give each delivery of one of our messages a token of its own; a foreign message has none."""
        super().__init__(message, **options)
        self.taken_at = monotonic()
        stamp = message._raw.get("stamp")  # noqa: SLF001 - what came, as kombu keeps it
        # Of the push of the message; one that is none of ours may have anything there.
        self.stamp = stamp if type(stamp) is int else 0
        if self._request_dict.get("origin") == ORIGIN:
            token = self._request_dict[TOKEN] = uuid4().hex
            self._app.reserved[token] = self

    @property
    def token(self) -> str | None:
        """This delivery's token; None for a task that did not come through the API."""
        token: str | None = self._request_dict.get(TOKEN)
        return token

    @property
    def expires(self) -> Any:
        """Whether a task of ours came too late is decided at its claim, by the clock of Redis."""
        return None if self.token else super().expires

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """A process of the pool has it."""
        if self.token:
            self._app.reserved.pop(self.token, None)
            self._app.active[self.token] = self
        super().on_accepted(pid, time_accepted)

    def return_message(self) -> None:
        """Its message is in the queue again, and no longer counts as reserved here; the task may be claimed here all the same."""
        self.is_returned = True
        super().acknowledge()

    def acknowledge(self) -> None:
        """It has ended, and so has its lease: the heartbeat need not ask for it."""
        self._app.ahead.ended()
        self._app.active.pop(self.token, None)
        self._app.reserved.pop(self.token, None)
        super().acknowledge()

    def on_failure(self, exc_info: Any, **options: Any) -> Any:
        """The run has failed; when its process is gone, the ledger says what becomes of the task."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if self.token is None or not isinstance(error, WorkerLostError | Terminated):
            return super().on_failure(exc_info, **options)
        state.task_ready(self)
        if isinstance(error, Terminated):  # by us; one that had no time to return its task itself
            self._app.consumer.return_task(self.id, token=self.token)
        self._app.consumer.lose(self.id, token=self.token, reason=loss_sentence(error))
        self.acknowledge()
        return None


def token_of(request: Any) -> str | None:
    """The delivery's token; None for a task that did not come through the API."""
    return getattr(request, TOKEN, None)


def set_failure(request: Any, failure: Failure) -> None:
    """Keep what the task raised: of an error that cannot be pickled, Celery hands on another in its place.

    Upstream: https://github.com/celery/celery/issues/6990.
    """
    setattr(request, FAILURE, failure)


def failure_on(request: Any) -> Failure | None:
    """What the task raised, in its own process; None where it ended otherwise."""
    return getattr(request, FAILURE, None)


def set_files(request: Any, files: Sequence[Blob]) -> None:
    """Keep which large files the result names."""
    setattr(request, FILES, files)


def files_on(request: Any) -> Sequence[Blob]:
    """The large files that the result names."""
    files: Sequence[Blob] = getattr(request, FILES, ())
    return files
