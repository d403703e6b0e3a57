"""`GET /workers`: lists the live workers, with the tasks that they run."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.for_operators import Overview, Worker
from celeriac.ledger.protocol.remote_control import StockWorker
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.json_bytes import model_answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route

Count = Annotated[int, Field(ge=0)]


class WorkerDocument(BaseModel):
    """A worker, as it described itself last."""

    model_config = ConfigDict(title="Worker")

    name: str = Field(description="The name of the worker in Celery.")
    kind: Literal["celeriac", "celery"] = Field(
        description="`celeriac` for a worker of Celeriac; `celery` for another Celery worker, which answered Celery's "
        "remote control."
    )
    queues: list[str] = Field(description="The queues that the worker serves.")
    concurrency: Count | None = Field(
        description="How many tasks the pool of the worker runs at once; null when Celery does not report it."
    )
    async_queues: list[str] = Field(
        description="Those of the queues that have async tasks, which the event loops of the worker run."
    )
    async_concurrency: Count = Field(
        description="How many async tasks the event loops of the worker run at once, in addition; 0 without event loops."
    )
    loop_lag: Annotated[float, Field(ge=0)] | None = Field(
        description="By how many seconds the slowest event loop is late; null without event loops."
    )
    active: list[str] = Field(description="The ids of the tasks that the worker runs now.")
    started_at: AwareDatetime | None = Field(
        description="When the worker started; null when Celery does not report it."
    )
    seen_at: AwareDatetime = Field(description="When the last message from the worker arrived.")
    app: str | None = Field(
        description="The existing Celery app whose worker it is; null for a worker of `@task`, and for one that keeps no records."
    )
    pool: str | None = Field(
        description="The pool of the worker of an existing app, such as `prefork` or `gevent`; null for others."
    )
    warnings: list[str] = Field(
        description="What the worker of an existing app cannot do, because of its pool or the app's configuration: a sentence each."
    )


class WorkerList(BaseModel):
    """The workers of Celeriac that reported within the last 30 seconds, then other Celery workers that answered remote control."""

    items: list[WorkerDocument]


def routes(overview: Overview) -> list[Route]:
    """`GET /workers`."""
    return [
        Route(
            method="GET",
            path="/workers",
            scope=Scope.OPERATE,
            handler=partial(_list, overview),
            operation_id="list_workers",
            summary="List the live workers, with the tasks that they run.",
            tag="operations",
            returns=WorkerList,
            answers=problems(422, 503),
        )
    ]


async def _list(overview: Overview, _: Call[Parameters, None]) -> Response:
    ours = await overview.workers()
    stock = await overview.stock_workers(ours=ours)
    return model_answer(WorkerList(items=[*map(_worker, ours), *map(_stock_worker, stock)]))


def _worker(worker: Worker) -> WorkerDocument:
    return WorkerDocument(
        name=worker.name,
        kind="celeriac",
        queues=worker.queues,
        concurrency=worker.concurrency,
        async_queues=worker.async_queues,
        async_concurrency=worker.async_concurrency,
        loop_lag=worker.loop_lag,
        active=worker.active,
        started_at=worker.started_at,
        seen_at=datetime.fromtimestamp(worker.seen_at / 1_000_000, UTC),
        app=worker.app,
        pool=worker.pool,
        warnings=worker.warnings,
    )


def _stock_worker(worker: StockWorker) -> WorkerDocument:
    return WorkerDocument(
        kind="celery",
        async_queues=[],
        async_concurrency=0,
        loop_lag=None,
        app=None,
        pool=None,
        warnings=[],
        **asdict(worker),
    )
