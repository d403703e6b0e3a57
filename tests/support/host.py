"""An app of somebody else's, which has mounted Celeriac under `/jobs`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from celeriac_api.embedding.mounting import mount

# What happened in this process, in order.
_events: list[str] = []


class OutOfTea(Exception):
    """A refusal of this app's own."""


def create_host() -> FastAPI:
    """The app: a lifespan, a middleware, an error of its own, and routes that submit tasks."""
    app = FastAPI(title="Host", lifespan=_lifespan)
    jobs = mount(app, "/jobs")
    app.middleware("http")(_named)
    app.add_exception_handler(OutOfTea, _out_of_tea)

    # The harness asks for this at the start of a server.
    @app.get("/livez")
    async def livez(request: Request) -> dict[str, Any]:
        return {"pot": request.state.pot, "events": _events}

    @app.get("/tea")
    async def tea() -> None:
        raise OutOfTea

    @app.post("/sum")
    async def total(numbers: list[int]) -> dict[str, Any]:
        task = await jobs.submit("add", {"x": numbers[0], "y": numbers[1]})
        return {"task_id": task.id, "document": await task.wait(50)}

    return app


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[dict[str, str]]:
    _events.append("the host has started")
    yield {"pot": "warm"}


async def _named(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["X-Host"] = "tea room"
    return response


async def _out_of_tea(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "out of tea"}, 418)
