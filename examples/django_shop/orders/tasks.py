"""The tasks of the shop, as they were before Celeriac."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from celery import chain, shared_task

from orders.models import Order


@shared_task
def fulfil(order_id: int) -> str:
    """Charge an order, and send it."""
    order = Order.objects.get(pk=order_id)
    workflow = chain(charge.s(order_id, order.price), send.s())
    return str(workflow.apply_async().id)


@shared_task(bind=True, max_retries=5, acks_late=True)
def charge(self: Any, order_id: int, amount: Decimal) -> int:
    """Charge the price of an order; the bank is away at first."""
    if self.request.retries == 0:
        raise self.retry(countdown=0.1, exc=ConnectionError("the bank is away"))
    Order.objects.filter(pk=order_id, price=amount).update(status=Order.Status.PAID)
    return order_id


@shared_task
def send(order_id: int) -> str:
    """Send an order that is paid."""
    Order.objects.filter(pk=order_id, status=Order.Status.PAID).update(status=Order.Status.SENT)
    return str(Order.objects.get(pk=order_id).status)


@shared_task
def quote(article: str, price: Decimal, pieces: int = 1, valid_until: date | None = None) -> dict[str, Any]:
    """The price of several pieces of an article."""
    return {"article": article, "total": price * pieces, "valid_until": valid_until}


@shared_task
def report(day: str = "") -> dict[str, Any]:
    """How many orders are in each state."""
    counts = {status: Order.objects.filter(status=status).count() for status in Order.Status.values}
    return {"day": day or datetime.now(UTC).date().isoformat(), **counts}


@shared_task(ignore_result=True, expires=60)
def count_open() -> int:
    """Count the orders that are open."""
    return int(Order.objects.filter(status=Order.Status.OPEN).count())
