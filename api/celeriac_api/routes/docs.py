"""Serves `/docs`: Swagger UI from a wheel, which works without the internet."""

import asyncio
import json
from collections.abc import Callable, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

from celeriac.access.scopes import Scope
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import AnyQuery
from celeriac_api.response.address import prefix
from celeriac_api.response.json_bytes import Answer
from celeriac_api.server.files import file_routes
from celeriac_api.server.route import Route

ASSETS = "/static/docs"
# So many definitions are shown together.
MOST_SHOWN = 30

Document = dict[str, Any]


class DocsParameters(AnyQuery):
    """Which definition's route to show."""

    task: Annotated[str | None, Query()] = None


def routes(
    title: str, catalog: LiveCatalog, document: Callable[[Sequence[str] | None], Document]
) -> list[Route]:
    """`/docs` with its files, and `/openapi.json`. `document` makes that of all routes (None), or with these definitions alone."""
    texts = Texts(catalog, document)

    async def docs(call: Call[DocsParameters, None]) -> Response:
        names = list(catalog)
        if len(names) <= MOST_SHOWN:
            return _swagger(title, "openapi.json")
        # More of them make Swagger UI too slow to use.
        task = call.parameters.task or ""
        expansion = "list" if task in catalog else "none"
        page = _swagger(
            title, f"openapi.json?{urlencode({'task': task})}", docExpansion=expansion, filter=True
        )
        return HTMLResponse(bytes(page.body).replace(b"<body>", b"<body>" + _choice(names, task).encode(), 1))

    async def openapi(call: Call[DocsParameters, None]) -> Response:
        return Answer(await texts.text(call.parameters.task, prefix()), 200)

    return [
        Route(method="GET", path="/docs", scope=Scope.ANY, handler=docs, parameters=DocsParameters),
        Route(
            method="GET", path="/openapi.json", scope=Scope.ANY, handler=openapi, parameters=DocsParameters
        ),
        *file_routes(_directory(), at=ASSETS),
    ]


class Texts:
    """The text of the document, kept until the definitions change."""

    def __init__(self, catalog: LiveCatalog, document: Callable[[Sequence[str] | None], Document]) -> None:
        """Nothing is made yet."""
        self._catalog, self._document = catalog, document
        self._kept: tuple[int, str, bytes] = (-1, "", b"")

    async def text(self, task: str | None, at: str) -> bytes:
        """That of all routes, under this prefix; or without definitions, but for this `task`."""
        generation = self._catalog.generation
        if task is not None:
            return await asyncio.to_thread(self._made, [task] if task in self._catalog else [], at)
        if self._kept[:2] != (generation, at):
            # It takes up to a second, in which others are answered.
            self._kept = generation, at, await asyncio.to_thread(self._made, None, at)
        return self._kept[2]

    def _made(self, names: Sequence[str] | None, at: str) -> bytes:
        servers = {"servers": [{"url": at}]} if at else {}
        return json.dumps(self._document(names) | servers, ensure_ascii=False, separators=(",", ":")).encode()


def _swagger(title: str, url: str, **options: Any) -> HTMLResponse:
    # The addresses are relative, so that they are right under any prefix.
    return get_swagger_ui_html(
        openapi_url=url,
        title=f"{title} API",
        swagger_js_url=f"{ASSETS[1:]}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS[1:]}/swagger-ui.css",
        swagger_favicon_url="data:,",
        swagger_ui_parameters=options or None,
    )


def _choice(names: Sequence[str], task: str) -> str:
    """A field that shows the route of one of these."""
    options = "".join(f'<option value="{escape(name)}"></option>' for name in names)
    return (
        '<form action="docs" style="padding: 1em 2em; font-family: sans-serif"><label>Task: '
        f'<input name="task" list="tasks" size="60" value="{escape(task)}" onchange="this.form.submit()"></label>'
        f'<datalist id="tasks">{options}</datalist> <button>Show</button> {len(names)} tasks</form>'
    )


def _directory() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline is not installed: pip install -r requirements/api.txt")
    return Path(spec.origin).parent / "static"
