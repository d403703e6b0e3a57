"""Streams the results of a batch, in order or as they finish."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json
from starlette.responses import Response

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.batch import Batch, ids_in
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Gone, Task
from celeriac.ledger.tables.batches import BatchTable
from celeriac.settings import Settings
from celeriac_api.access.caller import Caller
from celeriac_api.request.call import Call
from celeriac_api.request.parameter_types import count_of, misfit
from celeriac_api.resources.batches.following import Following
from celeriac_api.resources.batches.handlers import find
from celeriac_api.resources.batches.parameters import OfBatch
from celeriac_api.response.failure_details import failure_details
from celeriac_api.response.files.links import result_of
from celeriac_api.routes.events import SeatedStream, Streams

READ_AT_ONCE = 50
MOST_LINES = 999_999_999
SHORTEST_PAUSE = 0.05


class Order(StrEnum):
    """In which order the lines come."""

    ITEMS = "items"
    ENDS = "ends"


def _order(text: str) -> Order:
    try:
        return Order(text)
    except ValueError as wrong:
        raise misfit(f"should be one of {', '.join(Order)}") from wrong


def _place(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise misfit("should be a number of lines, 0 or more")
    return int(text.lstrip("0")[:9] or "0")


class ResultsParameters(OfBatch):
    """The batch, and which lines."""

    order: Annotated[
        Order,
        BeforeValidator(_order),
        Query(
            description="`items`: a line for each item, in their order, as it is now. `ends`: a line for each task that has ended, in the "
            "order of their ends; the answer goes on until the batch is ready."
        ),
    ] = Order.ITEMS
    start: Annotated[
        Annotated[int, Field(ge=0)],
        BeforeValidator(_place),
        Query(description="How many lines to leave out at the beginning."),
    ] = 0
    limit: Annotated[
        Annotated[int, Field(ge=1)] | SkipJsonSchema[None],
        count_of("lines", most=MOST_LINES),
        Query(description="The most lines of the answer. Default: all."),
    ] = None


class LineStream(SeatedStream):
    """The same kind of stream, of lines of JSON."""

    media_type = "application/x-ndjson"


class Results:
    """The handler of `GET /batches/{batch_id}/results`."""

    def __init__(self, settings: Settings, table: BatchTable, ledger: Ledger, streams: Streams) -> None:
        """`streams` knows how many streams a caller may have."""
        self._settings, self._table, self._ledger, self._streams = settings, table, ledger, streams
        self._following = Following(table)

    async def get(self, call: Call[ResultsParameters, None]) -> Response:
        """The lines, read from Redis some at a time as the client takes them."""
        parameters, caller = call.parameters, call.caller
        with self._streams.place(caller) as place:
            batch = await find(self._table, parameters.batch_id, caller)
            end = parameters.start + (parameters.limit or MOST_LINES)
            pages = self._by_item if parameters.order is Order.ITEMS else self._by_end
            return LineStream(self._lines(pages(batch, parameters.start, end), batch, caller), place)

    async def _lines(
        self, pages: AsyncIterator[list[int]], batch: Batch, caller: Caller
    ) -> AsyncIterator[bytes]:
        """Of each page of numbers, the lines; a blank one while nothing ends."""
        task_id = ids_in(batch.batch_id)
        show = caller.sees_details(self._settings)
        async for numbers in pages:
            if not numbers:
                yield b"\n"
            tasks = await asyncio.gather(*(self._read(task_id(number), caller) for number in numbers))
            lines: list[bytes] = []
            for number, task in zip(numbers, tasks, strict=True):
                if task is not None and task.unread_bytes:  # one at a time
                    yield b"".join(lines)
                    lines = []
                    task = await self._ledger.read(task.task_id, owner=caller.sees)  # noqa: PLW2901 - the whole
                lines.append(_line(number, task_id(number), task, show_traceback=show))
            yield b"".join(lines)

    async def _read(self, task_id: str, caller: Caller) -> Task | None:
        try:
            return await self._ledger.read_small(task_id, owner=caller.sees)
        except Gone:
            return None

    async def _by_item(self, batch: Batch, start: int, end: int) -> AsyncIterator[list[int]]:
        end = min(end, batch.total)
        for first in range(start, end, READ_AT_ONCE):
            yield list(range(first, min(first + READ_AT_ONCE, end)))

    async def _by_end(self, batch: Batch, start: int, end: int) -> AsyncIterator[list[int]]:
        """Those that have ended, then those that end, until the batch is ready; an empty page now and then where nothing ends."""
        before = None
        async for latest in self._following.states(batch, pause=SHORTEST_PAUSE):
            while start < end:
                limit = min(READ_AT_ONCE, end - start)
                numbers = await self._table.ends(batch.batch_id, start=start, limit=limit)
                if not numbers:
                    break
                start += len(numbers)
                yield numbers
            if start >= end or latest is None:
                return
            if latest == before:
                yield []
            before = latest


def _line(number: int, task_id: str, task: Task | None, *, show_traceback: bool) -> bytes:
    succeeded = task is not None and task.state is State.SUCCEEDED
    failure = None if succeeded or task is None else task.failure
    head = to_json(
        {
            "number": number,
            "name": task.batch.name if task and task.batch else None,
            "task_id": task_id,
            "state": task.state if task else None,
            "error": failure_details(failure, all_of_it=show_traceback) if failure else None,
        }
    )
    result = result_of(task) if succeeded and task is not None else b"null"
    return b'%b,"result":%b}\n' % (head[:-1], result)
