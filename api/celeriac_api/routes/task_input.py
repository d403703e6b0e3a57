"""`GET /tasks/{task_id}/input`: what a task was given, but for what its definition hides."""

from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from celeriac.contract.catalog import Catalog
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.protocol.message import decoded_input
from celeriac_api.request.json_text import without_values
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.request.task_id import asked_id, find, not_found
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.routes.task import TaskID
from celeriac_api.server.route import add_route


def install(app: FastAPI, catalog: Catalog, ledger: Ledger) -> None:
    """Serve `GET /tasks/{task_id}/input`."""

    async def documented(task_id: TaskID) -> dict[str, Any]:
        raise NotImplementedError

    add_route(
        app,
        "GET",
        "/tasks/{task_id}/input",
        partial(_input, catalog, ledger),
        documented,
        operation_id="get_input",
        summary="Get the input of a task, as it was submitted.",
        description='The value of a parameter that the definition hides (`writeOnly` in its schema) reads "hidden".',
        tags=["tasks"],
        responses={200: {"description": "The input."}, **problems(404, 410, 422, 503)},
    )


async def _input(catalog: Catalog, ledger: Ledger, request: Request) -> Response:
    refuse_unknown(request)
    task_id = asked_id(request)
    original = await ledger.original(task_id)
    if original is None:
        await find(ledger, task_id)  # 410 where it is forgotten
        raise not_found(task_id)
    definition = catalog.get(original.name)
    # Of a task that is in the catalog no more, nobody knows what was to be hidden.
    hidden = None if definition is None else definition.hidden
    return Answer(without_values(decoded_input(original.input), hidden), 200)
