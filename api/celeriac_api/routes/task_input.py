"""`GET /tasks/{task_id}/input`: the input of a task, without hidden values."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.definition import Definition
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.original import Original
from celeriac_api.files.pointer import Pointer
from celeriac_api.files.serving import Serving
from celeriac_api.request.call import Call
from celeriac_api.request.submission.original_input import has_changed, shown_input
from celeriac_api.request.task_id import OfTask, find, not_found
from celeriac_api.response.openapi import FILE, TASK_DEFINITION, problems
from celeriac_api.server.route import Route


class InputParameters(OfTask):
    """The task, and which part of its input."""

    pointer: Pointer = None


def routes(catalog: Mapping[str, Definition], ledger: Ledger, serving: Serving) -> list[Route]:
    """`GET /tasks/{task_id}/input`."""
    return [
        Route(
            method="GET",
            path="/tasks/{task_id}/input",
            scope=Scope.READ,
            handler=partial(_input, catalog, ledger, serving),
            parameters=InputParameters,
            operation_id="get_input",
            summary="Get the input of a task, as it was submitted.",
            description='The value of a parameter that the definition hides (`writeOnly` in its schema) is replaced by "hidden". '
            "A task that Celery has published has `args` and `kwargs` where these are not an input of its definition.",
            tag="tasks",
            returns=dict[str, Any],
            answers={
                200: {
                    "description": "The input. A large file is a link in it; with a `pointer` to a file, the answer is that file.",
                    "headers": {"Task-Definition": TASK_DEFINITION},
                    "content": FILE,
                },
                206: {"description": "The part of a file that the header `Range` names.", "content": FILE},
                304: {"description": "The client has this file: `If-None-Match` has its `ETag`."},
                **problems(404, 406, 410, 416, 422, 503),
            },
        )
    ]


async def _input(
    catalog: Mapping[str, Definition], ledger: Ledger, serving: Serving, call: Call[InputParameters, None]
) -> Response:
    task_id = call.parameters.task_id
    original = await ledger.original(task_id, owner=call.caller.sees)
    if original is None:
        await find(ledger, task_id, owner=call.caller.sees)  # 410 where it is forgotten
        raise not_found(task_id)
    definition = catalog.get(original.name)
    content = shown_input(original, definition)
    response = await serving.input(task_id, content, original.files, call.fields, call.parameters.pointer)
    if comparison := _comparison(definition, original):
        response.headers["Task-Definition"] = comparison
    return response


def _comparison(definition: Definition | None, original: Original) -> str | None:
    """For the header `Task-Definition`; None where nobody knows under which definition the task was accepted."""
    if original.definition is None:
        return None
    if definition is None:
        return "gone"
    return "changed" if has_changed(original, definition) else "same"
