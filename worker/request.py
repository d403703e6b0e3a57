"""Celery's request, with the token under which this delivery may claim and end its task."""

from typing import Any
from uuid import uuid4

from celery.worker.request import Request

from ledger.task import Failure
from ledger.wire import ORIGIN

TOKEN = "celeriac_token"  # noqa: S105 - the name of a header
FAILURE = "celeriac_failure"


class LedgerRequest(Request):  # type: ignore[misc]  # celery has no types
    """Made in the main process and sent to the child, so that either can end the task: time limits end it here."""

    def __init__(self, message: Any, **options: Any) -> None:
        """Give each delivery of one of our messages a token of its own; a foreign message has none."""
        super().__init__(message, **options)
        if self._request_dict.get("origin") == ORIGIN:
            self._request_dict[TOKEN] = uuid4().hex


def token_of(request: Any) -> str | None:
    """The delivery's token; None for a task that did not come through the API."""
    return getattr(request, TOKEN, None)


def set_failure(request: Any, failure: Failure) -> None:
    """Keep what the task raised: of an error that cannot be pickled, Celery hands on another in its place."""
    setattr(request, FAILURE, failure)


def failure_on(request: Any) -> Failure | None:
    """What the task raised, in its own process; None where it ended otherwise."""
    return getattr(request, FAILURE, None)
