"""Tasks that take and return values for which JSON has no form."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lab.sample_app.celery import app

MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
NUMBER = UUID("01234567-89ab-4cde-8f01-23456789abcd")


@app.task
def keep(at: datetime, price: Decimal, number: UUID, data: bytes, on: date) -> dict[str, str]:
    """What arrived, with its type."""
    return {name: f"{type(value).__name__} {value!s}" for name, value in locals().items()}


@app.task
def values() -> dict[str, Any]:
    """A value of each kind."""
    return {"at": MOMENT, "price": Decimal("0.10"), "number": NUMBER, "data": b"\0\xff", "on": MOMENT.date()}


@app.task
def moment() -> datetime:
    """A moment."""
    return MOMENT


@app.task
def price(amount: Decimal) -> Decimal:
    """Twice the amount."""
    return amount * 2
