"""A Celery app with a worker, for an API without its code."""

import os
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from celery import Celery

import celeriac

URL = os.environ["SERVED_REDIS"]

app = Celery("served", broker=URL, backend=URL)
app.conf.broker_connection_retry_on_startup = True


@app.task(name="served.describe", shared=False)
def describe(
    at: datetime, price: Decimal, order: UUID, raw: bytes = b"", days: list[date] | None = None
) -> list[str]:
    """Say what has arrived."""
    return [repr(value) for value in (at, price, order, raw, days)]


@app.task(name="served.objects", shared=False)
def objects(text: str) -> dict[str, Any]:
    """Give back what JSON has no types for."""
    return {
        "at": datetime.fromisoformat(text),
        "price": Decimal("0.10"),
        "order": UUID(int=1),
        "raw": b"\xff",
        "own": {"__type__": "mine", "__value__": [date(2026, 5, 1)]},
    }


@app.task(name="served.anything", shared=False)
def anything(first, *rest, **others):  # type: ignore[no-untyped-def]  # as people write it
    """Say what has arrived, by position."""
    return [first, rest, others]


celeriac.install(app, names="short")
