"""`GET /livez` and `GET /readyz`: whether this process answers, and can accept tasks."""

from collections.abc import Collection

from pydantic import BaseModel, Field
from redis.exceptions import ResponseError
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.store.connection import Refused
from celeriac.settings import Settings
from celeriac_api.access.caller import NOBODY
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.errors import RedisRefuses, RedisUnsafe
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route

REASON = "Send a key to get the reason."


class Health(BaseModel):
    """The process is healthy; otherwise the answer is a problem."""

    status: str = Field("ok", description="Always `ok`.")


def routes(settings: Settings, ledger: Ledger, *, queues: Collection[str]) -> list[Route]:
    """`GET /livez` and `GET /readyz`, for an API that submits to these queues."""

    async def livez(_: Call[Parameters, None]) -> Response:
        return Answer(HEALTHY, 200)

    async def readyz(call: Call[Parameters, None]) -> Response:
        is_known = call.caller is not NOBODY
        try:
            faults = await ledger.ping(queues)
        except (Refused, ResponseError) as refused:
            if is_known:
                raise
            raise RedisRefuses(
                f"Redis refuses a command. {REASON}", headers={"Retry-After": "2"}
            ) from refused
        if faults and not settings.allow_unsafe_redis:
            detail = " ".join(faults) + " Set CELERIAC_ALLOW_UNSAFE_REDIS=true to accept this Redis."
            raise RedisUnsafe(detail if is_known else f"This Redis can lose tasks. {REASON}")
        return Answer(HEALTHY, 200)

    return [
        Route(
            method="GET",
            path="/livez",
            scope=Scope.OPEN,
            handler=livez,
            operation_id="livez",
            summary="Check whether this process answers.",
            tag="health",
            returns=Health,
            answers=problems(422),
        ),
        Route(
            method="GET",
            path="/readyz",
            scope=Scope.OPEN,
            handler=readyz,
            operation_id="readyz",
            summary="Check whether this process can accept tasks.",
            tag="health",
            returns=Health,
            answers=problems(422, 503),
        ),
    ]


HEALTHY = Health().model_dump_json().encode()
