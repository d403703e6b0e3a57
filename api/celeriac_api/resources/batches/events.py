"""Streams the counts of a batch as server-sent events, at most two a second."""

from collections.abc import AsyncIterator

from fastapi.sse import format_sse_event
from starlette.responses import Response

from celeriac.ledger.model.batch import Batch
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.request.call import Call
from celeriac_api.resources.batches.documents import document_of
from celeriac_api.resources.batches.following import Following
from celeriac_api.resources.batches.handlers import find
from celeriac_api.resources.batches.parameters import OfBatch
from celeriac_api.routes.events import HEARTBEAT, SeatedStream, Streams

INTERVAL_SECONDS = 0.5
GONE = format_sse_event(event="gone", data_str='{"reason":"the batch was deleted, or has expired"}')


class BatchEvents:
    """The handler of `GET /batches/{batch_id}/events`. All streams of a batch share what is read."""

    def __init__(self, table: BatchTable, streams: Streams) -> None:
        """`streams` knows how many streams a caller may have."""
        self._table, self._streams = table, streams
        self._following = Following(table)

    async def get(self, call: Call[OfBatch, None]) -> Response:
        """The document of the batch whenever its counts have changed, until it is ready."""
        with self._streams.place(call.caller) as place:
            batch = await find(self._table, call.parameters.batch_id, call.caller)
            return SeatedStream(self._events(batch), place)

    async def _events(self, batch: Batch) -> AsyncIterator[bytes]:
        before = None
        async for latest in self._following.states(batch, pause=INTERVAL_SECONDS):
            if latest is None:
                yield GONE
            elif latest != before:
                kind = "done" if latest.ready else "counts"
                yield format_sse_event(event=kind, data_str=document_of(latest).model_dump_json())
            else:
                yield HEARTBEAT
            before = latest
