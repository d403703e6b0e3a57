"""`GET /catalog`: the task definitions, with the schemas of input and result."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.catalog import Catalog
from celeriac.contract.definition import Definition, QueueSettings
from celeriac.contract.json_schema.markers import published
from celeriac.contract.options.flow import Concurrency, Debounce, Throttle, Unique
from celeriac.values.kinds import Kind
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route


class DefinitionDocument(BaseModel):
    """A task definition: what the workers can do."""

    model_config = ConfigDict(title="Task definition")

    name: str = Field(description="The name: `POST /{name}` submits a task.")
    summary: str = Field(description="The first line of the description.")
    description: str = Field(description="What the task does.")
    kind: Kind = Field(
        description="Whether it is a function that a pool runs (`plain`), or one of an event loop, whose result comes at its end (`coroutine`) or in parts (`generator`)."
    )
    queue: str = Field(description="The queue in which the tasks wait.")
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


def routes(catalog: Catalog, *, settings: QueueSettings) -> list[Route]:
    """`GET /catalog`."""
    document = CatalogDocument(items=[_definition(definition, settings) for definition in catalog.values()])
    content = document.model_dump_json().encode()

    async def get_catalog(_: Call[Parameters, None]) -> Response:
        return Answer(content, 200)

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


def _definition(definition: Definition, settings: QueueSettings) -> DefinitionDocument:
    return DefinitionDocument(
        name=definition.name,
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
