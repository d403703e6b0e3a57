"""For operators: queues, workers, and the catalog of what can be done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from celeriac.contract.catalog import Catalog
from celeriac.contract.definition import Definition
from celeriac.ledger.for_operators import Overview, Queue, Worker
from celeriac.ledger.protocol.remote_control import StockWorker
from celeriac.settings import Settings
from celeriac_api.request.body import refuse_body
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.response.errors import UnknownQueue
from celeriac_api.response.near_names import listed, shown, suggestion
from celeriac_api.response.openapi import problems

Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(ge=0)]
QueueName = Annotated[str, Path(description="The queue's name.", examples=["default"])]


class QueueDocument(BaseModel):
    """What waits in a queue."""

    model_config = ConfigDict(title="Queue")

    name: str = Field(description="The queue's name.")
    depth: Count = Field(description="How many tasks wait in it.")
    oldest_wait_seconds: Rate = Field(
        description="How long the first of them has been waiting; 0 when none waits."
    )
    paused: bool = Field(description="Whether workers are kept from it.")
    workers: Count = Field(description="How many workers serve it.")
    in_per_second: Rate = Field(description="How many tasks a second came into it, over the last minute.")
    out_per_second: Rate = Field(
        description="How many a second left it, over the last minute: they were started, cancelled, or expired."
    )
    drain_seconds: Rate = Field(
        description="In how many seconds it is empty, if all goes on like this; 31536000, a year, when it is not going "
        "to be."
    )


class QueueList(BaseModel):
    """The queues of the catalog, and all on which a task was ever accepted."""

    items: list[QueueDocument]


class WorkerDocument(BaseModel):
    """A worker, as it last described itself."""

    model_config = ConfigDict(title="Worker")

    name: str = Field(description="Its name, as Celery has it.")
    kind: Literal["celeriac", "celery"] = Field(
        description="`celeriac` for a worker of ours; `celery` for one that knows no records, and has answered Celery's "
        "remote control."
    )
    queues: list[str] = Field(description="The queues that it serves.")
    concurrency: Count | None = Field(
        description="How many tasks it runs at once; null where Celery does not tell."
    )
    running: list[str] = Field(description="The ids of the tasks that it runs now.")
    started_at: AwareDatetime | None = Field(description="When it started; null where Celery does not tell.")
    seen_at: AwareDatetime = Field(description="When it was last heard of.")


class WorkerList(BaseModel):
    """The workers of ours that were heard of within the last half minute, then Celery's that answer its remote control."""

    items: list[WorkerDocument]


class Purged(BaseModel):
    """What a purge came to."""

    cancelled: Count = Field(description="How many tasks were queued, and are cancelled now.")


class DefinitionDocument(BaseModel):
    """What can be done: a task definition."""

    model_config = ConfigDict(title="Task definition")

    name: str = Field(description="Its name: `POST /{name}` submits it.")
    summary: str = Field(description="The first line of its description.")
    description: str = Field(description="What it does.")
    queue: str = Field(description="The queue on which its tasks wait.")
    input_schema: dict[str, Any] = Field(description="JSON Schema of the input.")
    output_schema: dict[str, Any] = Field(description="JSON Schema of the result.")
    examples: list[dict[str, Any]] = Field(description="Inputs that work.")


class CatalogDocument(BaseModel):
    """All task definitions, by name."""

    items: list[DefinitionDocument]


def install(app: FastAPI, settings: Settings, overview: Overview, catalog: Catalog) -> None:
    """Serve `/queues`, `/workers` and `/catalog`."""
    _add_queues(app, overview)
    _add_changes(app, overview)
    _add_workers(app, overview)
    _add_catalog(app, settings, catalog)


def _add_queues(app: FastAPI, overview: Overview) -> None:
    @app.get(
        "/queues",
        tags=["operations"],
        operation_id="list_queues",
        summary="List the queues, with what waits in each.",
        responses=problems(422, 503),
    )
    async def list_queues(request: Request) -> QueueList:
        refuse_unknown(request)
        return QueueList(items=await _queues(overview))

    @app.get(
        "/queues/{queue}",
        tags=["operations"],
        operation_id="get_queue",
        summary="Get what waits in a queue, in numbers for autoscalers.",
        responses=problems(404, 422, 503),
    )
    async def get_queue(queue: QueueName, request: Request) -> QueueDocument:
        refuse_unknown(request)
        return await _document(overview, queue)


def _add_changes(app: FastAPI, overview: Overview) -> None:
    answers = problems(404, 422, 503)

    @app.post(
        "/queues/{queue}/pause",
        tags=["operations"],
        operation_id="pause_queue",
        summary="Keep workers from a queue, also after restarts, until it is resumed.",
        responses=answers,
    )
    async def pause(queue: QueueName, request: Request) -> QueueDocument:
        await _known(overview, queue, request)
        await overview.pause(queue)
        return await _document(overview, queue)

    @app.post(
        "/queues/{queue}/resume",
        tags=["operations"],
        operation_id="resume_queue",
        summary="Let workers take from a queue again.",
        responses=answers,
    )
    async def resume(queue: QueueName, request: Request) -> QueueDocument:
        await _known(overview, queue, request)
        await overview.resume(queue)
        return await _document(overview, queue)

    @app.post(
        "/queues/{queue}/purge",
        tags=["operations"],
        operation_id="purge_queue",
        summary="Cancel all that is queued in a queue.",
        responses=answers,
    )
    async def purge(queue: QueueName, request: Request) -> Purged:
        await _known(overview, queue, request)
        return Purged(cancelled=await overview.purge(queue))


def _add_workers(app: FastAPI, overview: Overview) -> None:
    @app.get(
        "/workers",
        tags=["operations"],
        operation_id="list_workers",
        summary="List the workers that live, with what they run.",
        responses=problems(422, 503),
    )
    async def list_workers(request: Request) -> WorkerList:
        refuse_unknown(request)
        ours = await overview.workers()
        stock = await overview.stock_workers(ours=ours)
        return WorkerList(items=[*map(_worker, ours), *map(_stock_worker, stock)])


def _add_catalog(app: FastAPI, settings: Settings, catalog: Catalog) -> None:
    document = CatalogDocument(items=[_definition(one, settings) for one in catalog.values()])

    @app.get(
        "/catalog",
        tags=["operations"],
        operation_id="get_catalog",
        summary="List what can be done, with the schemas of input and result.",
        responses=problems(422),
    )
    async def get_catalog(request: Request) -> CatalogDocument:
        refuse_unknown(request)
        return document


async def _known(overview: Overview, queue: str, request: Request) -> None:
    refuse_unknown(request)
    refuse_body(request)
    if not await overview.is_known(queue):
        raise _unknown(queue, [one.name for one in await overview.queues()])


def _unknown(queue: str, known: Sequence[str]) -> UnknownQueue:
    return UnknownQueue(
        f"Queue {shown(queue)} is unknown: it is no queue of the catalog, and no task was ever accepted on it; "
        f"known: {listed(known)}.{suggestion(queue, known)}"
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


def _worker(worker: Worker) -> WorkerDocument:
    return WorkerDocument(
        name=worker.name,
        kind="celeriac",
        queues=worker.queues,
        concurrency=worker.concurrency,
        running=worker.running,
        started_at=datetime.fromisoformat(worker.started_at),
        seen_at=datetime.fromtimestamp(worker.seen_at / 1_000_000, UTC),
    )


def _stock_worker(worker: StockWorker) -> WorkerDocument:
    return WorkerDocument(kind="celery", **asdict(worker))


def _definition(definition: Definition, settings: Settings) -> DefinitionDocument:
    return DefinitionDocument(
        name=definition.name,
        summary=definition.summary,
        description=definition.description,
        queue=definition.queue or settings.default_queue,
        input_schema=definition.input_schema,
        output_schema=definition.output_schema,
        examples=list(definition.examples),
    )
