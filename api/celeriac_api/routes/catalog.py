"""`GET /catalog`: the task definitions, with the schemas of input and result."""

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.catalog import PerDefinition
from celeriac.contract.definition import Definition
from celeriac.contract.json_schema.markers import published
from celeriac.contract.options.flow import Concurrency, Debounce, Throttle, Unique
from celeriac.settings import Settings
from celeriac.values.kinds import Kind
from celeriac.values.states import Priority
from celeriac_api.definitions.following import AT_ONCE
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route


class DefinitionDocument(BaseModel):
    """A task definition: what the workers can do."""

    model_config = ConfigDict(title="Task definition")

    name: str = Field(description="The name: `POST /{name}` submits a task.")
    aliases: list[str] = Field(description="Other names: `POST /{alias}` does the same.")
    app: str | None = Field(
        description="The Celery app of a team that declares it; null for one of the task modules of Celeriac."
    )
    refusal: str | None = Field(
        description="Why it is shown and not offered; null for a task that can be submitted."
    )
    summary: str = Field(description="The first line of the description.")
    description: str = Field(description="What the task does.")
    kind: Kind = Field(
        description="Whether it is a function that a pool runs (`plain`), or one of an event loop, whose result comes at its end (`coroutine`) or in parts (`generator`)."
    )
    queue: str = Field(description="The queue in which the tasks wait.")
    priority: Priority = Field(
        description="Which tasks of the queue start first, unless the submission says it."
    )
    celery_priority: int | None = Field(
        description="The number that an existing Celery app gives its tasks: 0, which starts first, to 9."
    )
    rate_limit: str | None = Field(
        description="How often a worker of an existing Celery app starts these tasks, such as `10/s`."
    )
    soft_time_limit_seconds: float | None = Field(
        description="After how many seconds a run is asked to end; null for no such limit."
    )
    time_limit_seconds: float | None = Field(
        description="After how many seconds a run is ended; null for no such limit."
    )
    ignore_result: bool = Field(description="Whether Celery keeps no result of these tasks.")
    checked_by_worker: bool = Field(
        description="Whether its function checks more than the schema can express, so that a task whose input was accepted may fail as not valid."
    )
    input_schema: dict[str, Any] = Field(description="JSON Schema of the input.")
    output_schema: dict[str, Any] = Field(description="JSON Schema of the result.")
    examples: list[dict[str, Any]] = Field(description="Valid inputs.")
    unique: Unique | None = Field(
        description="By which key a task is the only one, unless the submission says it."
    )
    debounce: Debounce | None = Field(description="By which key a task takes the place of the one before.")
    throttle: Throttle | None = Field(description="By which key tasks start at a rate.")
    concurrency: Concurrency | None = Field(description="By which key a few tasks run at a time.")


class CatalogDocument(BaseModel):
    """All task definitions, by name."""

    items: list[DefinitionDocument]


def routes(catalog: LiveCatalog, *, settings: Settings) -> list[Route]:
    """`GET /catalog`."""
    texts = Texts(catalog, settings)

    async def get_catalog(_: Call[Parameters, None]) -> Response:
        return Answer(await texts.whole(), 200)

    return [
        Route(
            method="GET",
            path="/catalog",
            scope=Scope.READ,
            handler=get_catalog,
            operation_id="get_catalog",
            summary="List the task definitions, with the schemas of input and result.",
            tag="operations",
            returns=CatalogDocument,
            answers=problems(422),
        )
    ]


class Texts:
    """The document of each definition, made once, and of all together, made once after each change."""

    def __init__(self, catalog: LiveCatalog, settings: Settings) -> None:
        """Nothing is made yet."""
        self._catalog, self._settings = catalog, settings
        self._of_each = PerDefinition(catalog, self._text)
        self._whole, self._generation = b"", -1

    async def whole(self) -> bytes:
        """What is offered, and then what is not. Others are answered while many are made."""
        while self._generation != self._catalog.generation:
            generation = self._catalog.generation
            texts = []
            for number, name in enumerate([*self._catalog]):
                texts.append(self._of_each.get(name))
                if number % AT_ONCE == AT_ONCE - 1:
                    await asyncio.sleep(0)
            texts += map(self._text, self._catalog.refused)
            self._whole, self._generation = b'{"items":[%b]}' % b",".join(filter(None, texts)), generation
        return self._whole

    def _text(self, definition: Definition) -> bytes:
        return _document(definition, self._settings).model_dump_json().encode()


def _document(definition: Definition, settings: Settings) -> DefinitionDocument:
    hard, soft = definition.time_limit, definition.soft_time_limit
    if definition.app is None:
        hard, soft = definition.time_limits(settings.soft_time_limit)
    return DefinitionDocument(
        name=definition.name,
        aliases=list(definition.aliases),
        app=definition.app,
        refusal=definition.refusal,
        priority=definition.priority,
        celery_priority=definition.celery_priority,
        rate_limit=definition.rate_limit,
        soft_time_limit_seconds=soft and soft.total_seconds(),
        time_limit_seconds=hard and hard.total_seconds(),
        ignore_result=definition.ignore_result,
        checked_by_worker=definition.checked_by_worker,
        summary=definition.summary,
        description=definition.description,
        kind=definition.kind,
        queue=definition.queue_in(settings),
        input_schema=published(definition.input_schema),
        output_schema=definition.output_schema,
        examples=list(definition.examples),
        unique=definition.unique,
        debounce=definition.debounce,
        throttle=definition.throttle,
        concurrency=definition.concurrency,
    )
