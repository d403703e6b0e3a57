"""Health: whether this process lives, and whether it can do its work."""

from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request

from api.query import refuse_unknown
from api.responses import problems
from ledger.ledger import Ledger


class Health(BaseModel):
    """That all is well; if not, the answer is a problem."""

    status: str = Field("ok", description="Always `ok`.")


def install(app: FastAPI, ledger: Ledger) -> None:
    """Serve `GET /livez` and `GET /readyz`."""

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
        await ledger.ping()
        return Health()
