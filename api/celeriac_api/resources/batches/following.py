"""Reads batches whenever they have changed, for all who follow them."""

import asyncio
from collections.abc import AsyncIterator

from redis.exceptions import RedisError

from celeriac.ledger.model.batch import Batch
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.routes.events import HEARTBEAT_SECONDS

# Those who hear of a change at the same time read it together.
TOGETHER_SECONDS = 0.02


class Following:
    """Those who follow a batch share what is read."""

    def __init__(self, table: BatchTable) -> None:
        """Nothing is read."""
        self._table = table
        # Reads that have not begun.
        self._reading: dict[str, asyncio.Task[Batch | None]] = {}

    async def states(self, batch: Batch, *, pause: float) -> AsyncIterator[Batch | None]:
        """The batch now, then after each change, at most each `pause` seconds, until it is ready; None once it is gone.

        Where nothing changes, it comes again now and then, so that readers can send something.
        """
        now = asyncio.get_running_loop().time
        try:
            async with self._table.watch.changes(batch.batch_id) as change:
                latest: Batch | None = batch
                while latest is not None:
                    change.clear()
                    latest, read_at = await self._read(latest), now()
                    yield latest
                    if latest is None or latest.ready or self._table.watch.is_released:
                        return
                    if await _within(change, HEARTBEAT_SECONDS):
                        await asyncio.sleep(max(0.0, read_at + pause - now()))
        except Unavailable:
            return  # whoever reads the answer asks again

    async def _read(self, batch: Batch) -> Batch | None:
        reading = self._reading.get(batch.batch_id)
        if reading is None:
            reading = asyncio.create_task(self._read_soon(batch.batch_id))
            self._reading[batch.batch_id] = reading
        try:
            return await asyncio.shield(reading)
        except (Unavailable, InDoubt, RedisError):
            return batch

    async def _read_soon(self, batch_id: str) -> Batch | None:
        try:
            await asyncio.sleep(TOGETHER_SECONDS)
        finally:
            del self._reading[batch_id]
        return await self._table.read_watched(batch_id)


async def _within(change: asyncio.Event, seconds: float) -> bool:
    """Whether something changes in this time."""
    try:
        async with asyncio.timeout(seconds):
            await change.wait()
    except TimeoutError:
        return False
    return True
