"""Serves the API in the process of a test: breakpoints and coverage reach it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from celeriac.contract.catalog import load_implementations
from celeriac.settings import PREFIX, Settings
from celeriac_api.app import app_of
from celeriac_api.parts import build_parts


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands the requests of clients to an app that runs in a thread of its own; each answer comes whole."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        """The portal leads to the event loop of the app."""
        self._app = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by `httpx.Client`."""
        return self._portal.call(self._answer, request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Called by `httpx.AsyncClient`."""
        future = self._portal.start_task_soon(self._answer, request, await request.aread())
        return await asyncio.wrap_future(future)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        same = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        response = await self._app.handle_async_request(same)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())


@contextmanager
def api_in_process(variables: Mapping[str, str]) -> Iterator[InProcess]:
    """The API of these settings, until the end of the block; Python must find the tasks."""
    settings = Settings.read({name: text for name, text in variables.items() if name.startswith(PREFIX)})
    tasks = load_implementations(settings.tasks)
    app = app_of(build_parts(settings, tasks))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        yield InProcess(app, portal)
