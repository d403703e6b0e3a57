"""`GET /queues/{queue}/rejected`: the rejected messages of a queue."""

from dataclasses import asdict
from functools import partial

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac_api.request.call import Call
from celeriac_api.request.parameter_types import USUAL_LIMIT, Limit
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.routes.queues import OfQueue
from celeriac_api.server.route import Route


class RejectedMessageDocument(BaseModel):
    """A message from a queue that no worker could turn into a task."""

    model_config = ConfigDict(title="Rejected message")

    found_at: AwareDatetime = Field(description="When a worker took the message from the queue.")
    reason: str = Field(description="Why the worker rejected the message.")
    message: str = Field(description="The message as text; bytes that are not UTF-8 appear as `\\xff`.")


class RejectedMessageList(BaseModel):
    """The rejected messages, the newest first."""

    model_config = ConfigDict(title="Rejected messages of a queue")

    items: list[RejectedMessageDocument]
    omitted_count: int = Field(
        ge=0,
        description="How many requested messages are left out because the answer would be too large.",
    )


class RejectedParameters(OfQueue):
    """The queue, and how many to list."""

    limit: Limit = None


def routes(ledger: Ledger) -> list[Route]:
    """`GET /queues/{queue}/rejected`."""
    return [
        Route(
            method="GET",
            path="/queues/{queue}/rejected",
            scope=Scope.OPERATE,
            handler=partial(_list, ledger),
            parameters=RejectedParameters,
            operation_id="list_rejected",
            summary="List the rejected messages of a queue, the newest first.",
            description="At most 1,000 messages are kept, for a week. The list of an unknown queue is empty.",
            tag="operations",
            returns=RejectedMessageList,
            answers={200: {"description": "The rejected messages."}, **problems(422, 503)},
        )
    ]


async def _list(ledger: Ledger, call: Call[RejectedParameters, None]) -> Response:
    limit = call.parameters.limit or USUAL_LIMIT
    messages, omitted_count = await ledger.rejected(call.parameters.queue, limit=limit)
    return Answer(
        to_json({"items": [asdict(message) for message in messages], "omitted_count": omitted_count}), 200
    )
