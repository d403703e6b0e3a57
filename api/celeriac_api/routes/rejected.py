"""`GET /queues/{queue}/rejected`: the rejected messages of a queue."""

from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from celeriac.ledger.ledger import Ledger
from celeriac_api.request.parameters import Limit, asked_limit, refuse_unknown
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import add_route


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


def install(app: FastAPI, ledger: Ledger) -> None:
    """Serve it."""

    async def documented(
        queue: Annotated[str, Path(description="The queue's name.", examples=["default"])],
        limit: Limit = None,
    ) -> RejectedMessageList:
        raise NotImplementedError

    add_route(
        app,
        "GET",
        "/queues/{queue}/rejected",
        partial(_list, ledger),
        documented,
        operation_id="list_rejected",
        summary="List the rejected messages of a queue, the newest first.",
        description="At most 1,000 are kept, for a week. A queue that is unknown, or clean, has none.",
        tags=["queues"],
        responses={200: {"description": "What was found."}, **problems(422, 503)},
    )


async def _list(ledger: Ledger, request: Request) -> Response:
    refuse_unknown(request, known=("limit",))
    found, left_out = await ledger.rejected(request.path_params["queue"], limit=asked_limit(request))
    return Answer(to_json({"items": [asdict(one) for one in found], "left_out": left_out}), 200)
