"""Lists queues with their numbers, and pauses, resumes and purges them."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.for_operators import Overview, Queue
from celeriac.ledger.keeping.keeper import Keeper
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.errors import UnknownQueue
from celeriac_api.response.json_bytes import model_answer
from celeriac_api.response.near_names import listed, shown, suggestion
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Handler, Route

Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(ge=0)]
QueueName = Annotated[str, Path(description="The queue's name.", examples=["default"])]


class OfQueue(Parameters):
    """The parameters of a route that is about one queue, and takes no others."""

    queue: QueueName


class QueueDocument(BaseModel):
    """A queue, with its numbers."""

    model_config = ConfigDict(title="Queue")

    name: str = Field(description="The queue's name.")
    depth: Count = Field(description="How many tasks wait in the queue.")
    oldest_wait_seconds: Rate = Field(
        description="How many seconds the oldest waiting task has waited; 0 when no task waits."
    )
    paused: bool = Field(description="Whether the queue is paused: workers then take no tasks from it.")
    workers: Count = Field(description="How many workers serve the queue.")
    in_per_second: Rate = Field(
        description="How many tasks per second entered the queue, over the last minute."
    )
    out_per_second: Rate = Field(
        description="How many tasks per second left the queue, over the last minute: they started, were cancelled, or expired."
    )
    drain_seconds: Rate = Field(
        description="In how many seconds the queue will be empty at these rates; 31536000 (a year) when it will not become "
        "empty."
    )


class QueueList(BaseModel):
    """The queues of the catalog, and all queues on which a task was ever accepted."""

    items: list[QueueDocument]


class Purged(BaseModel):
    """The result of a purge."""

    cancelled: Count = Field(description="How many queued tasks were cancelled.")


def routes(overview: Overview, keeper: Keeper) -> list[Route]:
    """`/queues`, `/queues/{queue}`, and what changes one."""
    return [*_reading(overview), *_changing(overview, keeper)]


def _reading(overview: Overview) -> list[Route]:
    async def list_queues(_: Call[Parameters, None]) -> Response:
        return model_answer(QueueList(items=await _queues(overview)))

    async def get_queue(call: Call[OfQueue, None]) -> Response:
        return model_answer(await _document(overview, call.parameters.queue))

    return [
        Route(
            method="GET",
            path="/queues",
            scope=Scope.METRICS,
            handler=list_queues,
            operation_id="list_queues",
            summary="List the queues, with their numbers.",
            tag="operations",
            returns=QueueList,
            answers=problems(422, 503),
        ),
        Route(
            method="GET",
            path="/queues/{queue}",
            scope=Scope.METRICS,
            handler=get_queue,
            parameters=OfQueue,
            operation_id="get_queue",
            summary="Get the numbers of one queue, for autoscalers.",
            tag="operations",
            returns=QueueDocument,
            answers=problems(404, 422, 503),
        ),
    ]


def _changing(overview: Overview, keeper: Keeper) -> list[Route]:
    async def pause(call: Call[OfQueue, None]) -> Response:
        queue = await _known(overview, call.parameters.queue)
        await overview.pause(queue)
        return model_answer(await _document(overview, queue))

    async def resume(call: Call[OfQueue, None]) -> Response:
        queue = await _known(overview, call.parameters.queue)
        await overview.resume(queue)
        keeper.wake()  # stock workers empty windows of lanes at once
        return model_answer(await _document(overview, queue))

    async def purge(call: Call[OfQueue, None]) -> Response:
        queue = await _known(overview, call.parameters.queue)
        return model_answer(Purged(cancelled=await overview.purge(queue)))

    return [
        _change(
            "pause",
            pause,
            "Pause a queue: workers take no tasks from it until it is resumed, also after restarts.",
            returns=QueueDocument,
        ),
        _change("resume", resume, "Resume a queue: workers take tasks from it again.", returns=QueueDocument),
        _change("purge", purge, "Cancel all queued tasks of a queue.", returns=Purged),
    ]


def _change(verb: str, handler: Handler, summary: str, *, returns: type[BaseModel]) -> Route:
    return Route(
        method="POST",
        path=f"/queues/{{queue}}/{verb}",
        scope=Scope.OPERATE,
        handler=handler,
        parameters=OfQueue,
        operation_id=f"{verb}_queue",
        summary=summary,
        tag="operations",
        returns=returns,
        answers=problems(404, 422, 503),
    )


async def _known(overview: Overview, queue: str) -> str:
    """The name of a queue that is known."""
    if not await overview.is_known(queue):
        raise _unknown(queue, [known_queue.name for known_queue in await overview.queues()])
    return queue


def _unknown(queue: str, names: Sequence[str]) -> UnknownQueue:
    return UnknownQueue(
        f"Queue {shown(queue)} is unknown: the catalog does not use it, and no task was ever accepted on it; "
        f"known: {listed(names)}.{suggestion(queue, names)}"
    )


async def _document(overview: Overview, name: str) -> QueueDocument:
    queues = {queue.name: queue for queue in await _queues(overview)}
    if name not in queues:
        raise _unknown(name, list(queues))
    return queues[name]


async def _queues(overview: Overview) -> list[QueueDocument]:
    stock = await overview.stock_workers(ours=await overview.workers())
    served = Counter(queue for worker in stock for queue in worker.queues)
    return [_queue(queue, served[queue.name]) for queue in await overview.queues()]


def _queue(queue: Queue, stock_workers: int) -> QueueDocument:
    document = QueueDocument.model_validate(queue, from_attributes=True)
    return document.model_copy(update={"workers": queue.workers + stock_workers})
