"""Health: whether this process lives, and whether it can do its work."""

from collections.abc import Collection

from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request

from celeriac.ledger.ledger import Ledger
from celeriac.settings import Settings
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.response.errors import RedisUnsafe
from celeriac_api.response.openapi import problems


class Health(BaseModel):
    """That all is well; if not, the answer is a problem."""

    status: str = Field("ok", description="Always `ok`.")


def install(app: FastAPI, settings: Settings, ledger: Ledger, *, queues: Collection[str]) -> None:
    """Serve `GET /livez` and `GET /readyz`, for an API that submits to these queues."""

    @app.get(
        "/livez",
        tags=["health"],
        operation_id="livez",
        summary="Whether this process answers.",
        responses=problems(422),
    )
    async def livez(request: Request) -> Health:
        refuse_unknown(request)
        return Health()

    @app.get(
        "/readyz",
        tags=["health"],
        operation_id="readyz",
        summary="Whether this process can accept tasks.",
        responses=problems(422, 503),
    )
    async def readyz(request: Request) -> Health:
        refuse_unknown(request)
        faults = await ledger.ping(queues)
        if faults and not settings.allow_unsafe_redis:
            raise RedisUnsafe(" ".join(faults) + " CELERIAC_ALLOW_UNSAFE_REDIS=true takes it as it is.")
        return Health()
