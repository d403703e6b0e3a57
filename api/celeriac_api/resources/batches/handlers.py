"""What the routes of batches do, beside receiving: show, list and delete."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.responses import Response

from celeriac.ledger.model.batch import Batch
from celeriac.ledger.model.batch import BatchGone as Gone
from celeriac.ledger.tables.batches import BatchTable, ForgettingBatch
from celeriac_api.access.caller import Caller
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import encoded_cursor
from celeriac_api.request.parameter_types import USUAL_LIMIT
from celeriac_api.request.wait import wait_for
from celeriac_api.resources.batches.documents import BatchPage, document_of
from celeriac_api.resources.batches.parameters import BatchParameters, ListParameters, OfBatch, not_found
from celeriac_api.resources.batches.refusals import gone
from celeriac_api.response.errors import BatchNotEnded
from celeriac_api.response.json_bytes import Answer, model_answer
from celeriac_api.submissions import Submissions


class BatchHandlers:
    """The handlers. A caller that does not see all sees the batches of its owner."""

    def __init__(self, table: BatchTable, submissions: Submissions) -> None:
        """`submissions` knows how many requests of a caller may wait."""
        self._table, self._submissions = table, submissions

    async def get(self, call: Call[BatchParameters, None]) -> Response:
        """The batch, now or at its end."""
        batch_id, seconds = call.parameters.batch_id, call.parameters.seconds
        read = partial(find, self._table, batch_id, call.caller)
        if seconds:
            with self._submissions.waits.seat(call.caller):
                batch = await _awaited(self._table, batch_id, read, seconds, call.until_gone)
        else:
            batch = await read()
        headers = {} if batch.ready else {"retry_after": "1"}
        if seconds is not None:
            headers["preference_applied"] = f"wait={seconds}"
        return Answer(document_of(batch).model_dump_json().encode(), 200, **headers)

    async def delete(self, call: Call[OfBatch, None]) -> Response:
        """The end of a batch that is ready; its tasks stay."""
        batch_id = call.parameters.batch_id
        match await self._table.forget(batch_id, owner=call.caller.sees):
            case ForgettingBatch.OPEN:
                raise BatchNotEnded(
                    f"Batch {batch_id} is not ready: cancel it first, or wait for its end.", batch_id=batch_id
                )
            case ForgettingBatch.UNKNOWN:
                raise not_found(batch_id)
            case _:
                return Response(status_code=204)

    async def list_all(self, call: Call[ListParameters, None]) -> Response:
        """A page of batches."""
        limit = call.parameters.limit or USUAL_LIMIT
        owner = call.parameters.owner if call.caller.sees is None else call.caller.sees
        if call.parameters.owner not in (None, owner):
            return model_answer(BatchPage(items=[], next_cursor=None))
        # One more than the page has shows whether there is another page.
        rows = await self._table.page(owner=owner, before=call.parameters.cursor, limit=limit + 1)
        batches = rows[:limit]
        cursor = encoded_cursor(str(batches[-1].created_at).encode()).decode() if len(rows) > limit else None
        return model_answer(BatchPage(items=list(map(document_of, batches)), next_cursor=cursor))


async def find(table: BatchTable, batch_id: str, caller: Caller) -> Batch:
    """The batch with this id; 404 when there never was one, or it is another owner's."""
    try:
        batch = await table.read(batch_id, owner=caller.sees)
    except Gone as forgotten:
        raise gone(batch_id) from forgotten
    if batch is None:
        raise not_found(batch_id)
    return batch


async def _awaited(
    table: BatchTable,
    batch_id: str,
    read: Callable[[], Awaitable[Batch]],
    seconds: int,
    until_gone: Callable[[], Awaitable[None]],
) -> Batch:
    batch = await wait_for(table.watch, batch_id, read, read=read, seconds=seconds, until_gone=until_gone)
    return batch if batch is not None else await read()
