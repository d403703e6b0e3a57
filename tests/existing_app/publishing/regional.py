"""A Celery app in which code sees the arguments of every task that is sent."""

# mypy: disallow-untyped-decorators=False

import os
from datetime import datetime
from decimal import Decimal
from typing import Any

from celery import Celery, Task

import celeriac

URL = os.environ.get("SHOP_BROKER", "redis://127.0.0.1:1/0")

app = Celery("regional", broker=URL, backend=URL)


def by_region(name: str, _args: Any, kwargs: Any, _options: Any, **_: Any) -> Any:
    """A router that looks at an argument."""
    return {"queue": "us" if (kwargs or {}).get("region") == "us" else "eu"} if name == "regional" else None


app.conf.update(task_routes=[by_region], broker_connection_retry_on_startup=True)


class Picky(Task):  # type: ignore[misc]  # celery has no types
    """A task that may refuse to be sent."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Only with a reason."""
        if not (kwargs or {}).get("reason"):
            raise ValueError("tell me why")
        return super().apply_async(args, kwargs, **options)


@app.task(name="regional", bind=True)
def regional(self: Any, region: str) -> list[str]:
    """The region, and the queue in which it was sent."""
    return [region, self.request.delivery_info["routing_key"]]


@app.task(name="picky", base=Picky)
def picky(reason: str = "") -> str:
    """The reason."""
    return reason


@app.task(name="total")
def total(*amounts: Decimal, at: datetime) -> list[str]:
    """What kinds of objects have come, and their sum."""
    return [type(at).__name__, str(sum(amounts)), *{type(amount).__name__ for amount in amounts}]


celeriac.install(app)
