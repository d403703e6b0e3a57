"""`GET /queues/{queue}/rejected`: the rejected messages of a queue."""

from dataclasses import asdict
from functools import partial

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from celeriac.ledger.ledger import Ledger
from celeriac_api.request.call import Call
from celeriac_api.request.parameter_types import USUAL_LIMIT, Limit
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.routes.queues import OfQueue
from celeriac_api.server.route import Route, Scope


class RejectedMessageDocument(BaseModel):
    """Something in a queue that no worker could make a task of."""

    model_config = ConfigDict(title="Rejected message")

    found_at: AwareDatetime = Field(description="When a worker took it from the queue.")
    reason: str = Field(description="Why it is no message.")
    message: str = Field(description="What it is, as text; bytes that are no UTF-8 as `\\xff`.")


class RejectedMessageList(BaseModel):
    """What was found, the newest first."""

    model_config = ConfigDict(title="Rejected messages of a queue")

    items: list[RejectedMessageDocument]
    left_out: int = Field(
        ge=0,
        description="How many more of those that were asked for are left out, as the answer would be too large.",
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
            description="At most 1,000 are kept, for a week. A queue that is unknown, or clean, has none.",
            tag="operations",
            returns=RejectedMessageList,
            answers={200: {"description": "What was found."}, **problems(422, 503)},
        )
    ]


async def _list(ledger: Ledger, call: Call[RejectedParameters, None]) -> Response:
    limit = call.parameters.limit or USUAL_LIMIT
    found, left_out = await ledger.rejected(call.parameters.queue, limit=limit)
    return Answer(to_json({"items": [asdict(one) for one in found], "left_out": left_out}), 200)
