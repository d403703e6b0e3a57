"""`GET /tasks/{task_id}/input`: what a task was given, but for what its definition hides."""

from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.answer import Answer
from api.lookup import asked_id, find, not_found
from api.members import without_values
from api.query import refuse_unknown
from api.responses import problems
from api.route import add_route
from api.tasks import TaskID
from ledger.ledger import Ledger
from ledger.wire import decoded_input
from worker.catalog import Catalog


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
