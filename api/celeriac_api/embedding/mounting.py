"""Mounts the API in another app: `celeriac.mount(app, "/jobs")`."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from celeriac.contract.catalog import load_implementations
from celeriac.settings import Settings
from celeriac_api.app import app_of
from celeriac_api.embedding.jobs import Jobs
from celeriac_api.parts import build_parts
from celeriac_api.server.counters import prepare_shared_directory

# What Starlette's and FastAPI's routers write into a scope.
ROUTING = frozenset({"route", "endpoint", "fastapi"})
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def mount(app: Starlette, path: str, *, settings: Settings | None = None) -> Jobs:
    """Serve the whole API, with its page and its documentation, below this path of a FastAPI or Starlette app.

    The returned object submits tasks from the app's own routes: `await jobs.submit("add", {"x": 4, "y": 5})`.

    It starts before the app's own lifespan and ends after it. The settings are those of the environment, or these; what is
    wrong with them raises `SettingsError`, and what is wrong with the tasks `ContractError`.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(
            f"The path of the mount is {path!r}; write one such as '/jobs', without a slash at its end."
        )
    settings = settings or Settings.read()
    implementations = load_implementations(settings.tasks)
    prepare_shared_directory()
    parts = build_parts(settings, implementations)
    api = app_of(parts)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. What routing has found stays apart: the app's middleware reads its own, the API its own."""
        await api({name: value for name, value in scope.items() if name not in ROUTING}, receive, send)

    app.mount(path, serve, name="celeriac")
    of_the_app = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Starlette) -> AsyncIterator[Any]:
        """Starlette enters the lifespan of the outermost app alone (https://github.com/Kludex/starlette/issues/649)."""
        async with api.router.lifespan_context(api), of_the_app(running) as state:
            yield state

    app.router.lifespan_context = lifespan
    return Jobs(parts.submissions, parts.ledger, path=path, tracebacks=settings.show_tracebacks)
