"""Keeps messages of other programs until their times (`eta`) come."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.runs.slots import Slots


class NotDue:
    """They have no slots. As with stock Celery, their number is not limited, and `kill -9` loses them."""

    def __init__(self, slots: Slots, begin: Callable[[Delivery], None]) -> None:
        """`begin` gets each one when its time has come, with a slot that is taken for it."""
        self._slots, self._begin = slots, begin
        self._waiting: dict[str, tuple[Delivery, asyncio.Task[None]]] = {}

    def keep(self, delivery: Delivery) -> bool:
        """Keep it if its time has not come; whether it has not."""
        if delivery.eta is None or delivery.eta <= datetime.now(UTC):
            return False
        task = asyncio.get_running_loop().create_task(self._wait(delivery, delivery.eta), name="not-due")
        self._waiting[delivery.key] = delivery, task
        return True

    def give_up(self) -> list[Delivery]:
        """All that are kept: they are not kept any more."""
        waiting, self._waiting = self._waiting, {}
        for _, task in waiting.values():
            task.cancel()
        return [delivery for delivery, _ in waiting.values()]

    async def _wait(self, delivery: Delivery, eta: datetime) -> None:
        await asyncio.sleep((eta - datetime.now(UTC)).total_seconds())
        await self._slots.room()
        del self._waiting[delivery.key]
        self._slots.take()
        self._begin(delivery)
