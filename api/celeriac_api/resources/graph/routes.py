"""`GET /tasks/{task_id}/graph`: what a task waits for, and what waits for it."""

from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.tables.graphs import Graphs
from celeriac_api.request.call import Call
from celeriac_api.request.parameter_types import count_of
from celeriac_api.request.task_id import OfTask, not_found
from celeriac_api.resources.graph.documents import Graph, document_of
from celeriac_api.response.json_bytes import model_answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route

USUAL_TASKS, MOST_TASKS = 50, 200


class GraphParameters(OfTask):
    """The task, and how many tasks around it."""

    limit: Annotated[
        Annotated[int, Field(ge=1)] | SkipJsonSchema[None],
        count_of("tasks", most=MOST_TASKS),
        Query(description="How many tasks: 50 by default, at most 200. A larger number counts as 200."),
    ] = None


def routes(graphs: Graphs) -> list[Route]:
    """`GET /tasks/{task_id}/graph`."""
    return [
        Route(
            method="GET",
            path="/tasks/{task_id}/graph",
            scope=Scope.READ,
            handler=partial(_graph, graphs),
            parameters=GraphParameters,
            operation_id="get_graph",
            summary="Get the tasks that a task waits for, and those that wait for it.",
            description="Also what those wait for, and what waits for these; the nearest come first. A task shows up to 20 others on each "
            "side, and how many there are. Tasks of other owners are not shown.",
            tag="tasks",
            returns=Graph,
            answers={200: {"description": "The graph."}, **problems(404, 410, 422, 503)},
        )
    ]


async def _graph(graphs: Graphs, call: Call[GraphParameters, None]) -> Response:
    task_id, most = call.parameters.task_id, call.parameters.limit or USUAL_TASKS
    nodes = await graphs.read(task_id, owner=call.caller.sees, most=most)
    if not nodes:
        raise not_found(task_id)
    return model_answer(document_of(nodes))
