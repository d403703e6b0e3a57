"""`GET /tasks/{task_id}/input`: the input of a task, without hidden values."""

from functools import partial
from typing import Any

from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.catalog import Catalog
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.protocol.message import decoded_input
from celeriac_api.request.call import Call
from celeriac_api.request.json_text import without_values
from celeriac_api.request.task_id import OfTask, find, not_found
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route


def routes(catalog: Catalog, ledger: Ledger) -> list[Route]:
    """`GET /tasks/{task_id}/input`."""
    return [
        Route(
            method="GET",
            path="/tasks/{task_id}/input",
            scope=Scope.READ,
            handler=partial(_input, catalog, ledger),
            parameters=OfTask,
            operation_id="get_input",
            summary="Get the input of a task, as it was submitted.",
            description='The value of a parameter that the definition hides (`writeOnly` in its schema) is replaced by "hidden".',
            tag="tasks",
            returns=dict[str, Any],
            answers={200: {"description": "The input."}, **problems(404, 410, 422, 503)},
        )
    ]


async def _input(catalog: Catalog, ledger: Ledger, call: Call[OfTask, None]) -> Response:
    task_id = call.parameters.task_id
    original = await ledger.original(task_id, owner=call.caller.sees)
    if original is None:
        await find(ledger, task_id, owner=call.caller.sees)  # 410 where it is forgotten
        raise not_found(task_id)
    definition = catalog.get(original.name)
    # Of a task that is in the catalog no more, nobody knows what was to be hidden.
    hidden = None if definition is None else definition.hidden
    return Answer(without_values(decoded_input(original.input), hidden), 200)
