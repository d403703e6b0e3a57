"""Tasks whose arguments Celery validates with pydantic."""

from decimal import Decimal

from pydantic import BaseModel, field_validator

from lab.sample_app.celery import app


class Order(BaseModel):
    """An order."""

    number: int
    items: list[str]
    total: Decimal = Decimal(0)

    @field_validator("items")
    @classmethod
    def has_items(cls, items: list[str]) -> list[str]:
        """At least one item, which is more than a JSON Schema of the type says."""
        if not items:
            raise ValueError("an order has items")
        return items


class Receipt(BaseModel):
    """A receipt."""

    number: int
    count: int


@app.task(pydantic=True)
def place(order: Order) -> Receipt:
    """Place an order."""
    return Receipt(number=order.number, count=len(order.items))


@app.task(pydantic=True, pydantic_strict=True)
def count(order: Order, factor: int = 1) -> int:
    """The number of items, of an order in exactly these types."""
    return len(order.items) * factor
