"""Marks what Celery publishes for an app with a ledger.

Celery's own sender stays as it is: routes, signals, retries and events are its. The mark is what `channel.py` goes by.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from uuid import uuid4

from celery.app.amqp import AMQP

from celeriac_worker.existing_app.state import AppLedger, ledger_of

Sender = Callable[..., Any]


@dataclass(slots=True)
class Publishing:
    """One call of Celery's sender: whatever it sends again after a lost reply is the same publish."""

    ledger: AppLedger
    token: str = field(default_factory=lambda: uuid4().hex)


@dataclass(slots=True)
class Making:
    """A message that is being made for a task that the API has accepted, and whether it was sent."""

    task_id: str
    is_sent: bool = False


making: ContextVar[Making | None] = ContextVar("making", default=None)
publishing: ContextVar[Publishing | None] = ContextVar("publishing", default=None)


def patch_sender() -> None:
    """Once for all apps of this process; those without a ledger send as before."""
    stock = AMQP._create_task_sender  # noqa: SLF001 - Celery has no public place for it
    if hasattr(stock, "__wrapped__"):
        return

    @wraps(stock)
    def create_task_sender(amqp: Any) -> Sender:
        return _marking(amqp.app, stock(amqp))

    AMQP._create_task_sender = create_task_sender  # noqa: SLF001 - likewise


def renew_sender(app: Any) -> None:
    """The app makes its sender again, if it has made one before the line was read."""
    amqp = vars(app).get("amqp")
    if amqp is not None:
        vars(amqp).pop("send_task_message", None)


def _marking(app: Any, send: Sender) -> Sender:
    @wraps(send)
    def send_task_message(*args: Any, **options: Any) -> Any:
        ledger = ledger_of(app)
        mark = publishing.set(Publishing(ledger) if ledger else None)
        try:
            return send(*args, **options)
        finally:
            publishing.reset(mark)

    return send_task_message
