"""Serves `/docs`: Swagger UI from a wheel, which works without the internet."""

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import JSONResponse, Response

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import AnyQuery
from celeriac_api.response.address import prefix
from celeriac_api.server.files import file_routes
from celeriac_api.server.route import Route

ASSETS = "/static/docs"


def routes(title: str, document: Callable[[], dict[str, Any]]) -> list[Route]:
    """`/docs` with its files, and `/openapi.json`."""

    async def docs(_: Call[AnyQuery, None]) -> Response:
        # The addresses are relative, so that they are right under any prefix.
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=f"{title} API",
            swagger_js_url=f"{ASSETS[1:]}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS[1:]}/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    async def openapi(_: Call[AnyQuery, None]) -> Response:
        servers = {"servers": [{"url": prefix()}]} if prefix() else {}
        # The first time it takes 0.1 s, in which others are answered.
        return JSONResponse(await asyncio.to_thread(document) | servers)

    return [
        Route(method="GET", path="/docs", scope=Scope.ANY, handler=docs, parameters=AnyQuery),
        Route(method="GET", path="/openapi.json", scope=Scope.ANY, handler=openapi, parameters=AnyQuery),
        *file_routes(_directory(), at=ASSETS),
    ]


def _directory() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline is not installed: pip install -r requirements/api.txt")
    return Path(spec.origin).parent / "static"
