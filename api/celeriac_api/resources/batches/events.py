"""Streams the counts of a batch as server-sent events, at most two a second."""

import asyncio
from collections.abc import AsyncIterator

from fastapi.sse import format_sse_event
from redis.exceptions import RedisError
from starlette.responses import Response

from celeriac.ledger.model.batch import Batch, BatchGone
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.request.call import Call
from celeriac_api.resources.batches.documents import document_of
from celeriac_api.resources.batches.handlers import find
from celeriac_api.resources.batches.parameters import OfBatch
from celeriac_api.routes.events import HEARTBEAT, HEARTBEAT_SECONDS, SeatedStream, Streams

INTERVAL_SECONDS = 0.5
GONE = format_sse_event(event="gone", data_str='{"reason":"the batch was deleted, or has expired"}')


class BatchEvents:
    """The handler of `GET /batches/{batch_id}/events`. All streams of a batch share what is read."""

    def __init__(self, table: BatchTable, streams: Streams) -> None:
        """`streams` knows how many streams a caller may have."""
        self._table, self._streams = table, streams
        self._reading: dict[str, asyncio.Task[Batch | None]] = {}

    async def get(self, call: Call[OfBatch, None]) -> Response:
        """The document of the batch whenever its counts have changed, until it is ready."""
        with self._streams.place(call.caller) as place:
            batch = await find(self._table, call.parameters.batch_id, call.caller)
            return SeatedStream(self._events(batch), place)

    async def _events(self, batch: Batch) -> AsyncIterator[bytes]:
        latest: Batch | None = batch
        before, quiet = None, 0.0
        while latest is not None:
            if latest != before:
                kind = "done" if latest.ready else "counts"
                yield format_sse_event(event=kind, data_str=document_of(latest).model_dump_json())
                before, quiet = latest, 0.0
            elif quiet > HEARTBEAT_SECONDS:
                yield HEARTBEAT
                quiet = 0.0
            if latest.ready or self._table.watch.is_released:
                return
            quiet += INTERVAL_SECONDS
            latest = await self._next(batch.batch_id, latest)
        yield GONE

    async def _next(self, batch_id: str, latest: Batch) -> Batch | None:
        reading = self._reading.get(batch_id)
        if reading is None:
            reading = self._reading[batch_id] = asyncio.create_task(self._read_later(batch_id))
        try:
            return await asyncio.shield(reading)
        except (Unavailable, InDoubt, RedisError):
            return latest

    async def _read_later(self, batch_id: str) -> Batch | None:
        try:
            await asyncio.sleep(INTERVAL_SECONDS)
            return await self._table.read(batch_id, owner=None)
        except BatchGone:
            return None
        finally:
            del self._reading[batch_id]
