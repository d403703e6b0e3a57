"""Cancels the tasks of a batch."""

import asyncio

from starlette.responses import Response

from celeriac.ledger.ledger import Cancellation, Ledger
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.access.caller import Caller
from celeriac_api.request.call import Call
from celeriac_api.resources.batches.documents import document_of
from celeriac_api.resources.batches.handlers import find
from celeriac_api.resources.batches.parameters import OfBatch, not_found
from celeriac_api.resources.batches.refusals import gone
from celeriac_api.response.address import address
from celeriac_api.response.errors import BatchEnded
from celeriac_api.response.json_bytes import Answer
from celeriac_api.routes.task_actions import CancelRequest

# The client waits this long; the rest goes on after the answer.
LONGEST_SECONDS = 10.0


class Cancelling:
    """The handler of `POST /batches/{batch_id}/cancel`."""

    def __init__(self, table: BatchTable, ledger: Ledger) -> None:
        """`ledger` cancels the tasks that Celery's own workers may have."""
        self._table, self._ledger = table, ledger
        self._going_on: set[asyncio.Task[str]] = set()

    async def cancel(self, call: Call[OfBatch, CancelRequest]) -> Response:
        """200 if the batch is ready after that, 202 if some of its tasks still run."""
        batch_id = call.parameters.batch_id
        work = asyncio.create_task(self._cancel_all(batch_id, call.caller, terminate=call.body.terminate))
        self._going_on.add(work)
        work.add_done_callback(self._going_on.discard)
        done, _ = await asyncio.wait([work], timeout=LONGEST_SECONDS)
        match done and work.result():
            case "unknown":
                raise not_found(batch_id)
            case "gone":
                raise gone(batch_id)
            case "ended":
                raise BatchEnded(f"Batch {batch_id} has already ended.", batch_id=batch_id)
        batch = await find(self._table, batch_id, call.caller)
        content = document_of(batch).model_dump_json().encode()
        if batch.ready:
            return Answer(content, 200)
        return Answer(content, 202, location=address(f"/batches/{batch_id}"), retry_after="1")

    async def _cancel_all(self, batch_id: str, caller: Caller, *, terminate: bool) -> str:
        """What the first step came to, as soon as the last one is done."""
        first = ""
        async for step in self._table.cancel(batch_id, owner=caller.sees, terminate=terminate):
            first = first or step.word
            for task_id in step.elsewhere:
                outcome = await self._ledger.cancel(task_id, owner=caller.sees, terminate=terminate)
                step.no_stock_workers = outcome is Cancellation.CANCELLED
        return first
