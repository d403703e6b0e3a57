"""The page at `/`: static files that use the public API like any client."""

from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = Path(__file__).parent / "static"
ASSETS = "/static/page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # It is asked each time whether the file has changed: after an upgrade all files fit together.
    "Cache-Control": "no-cache",
}


def install(app: FastAPI) -> None:
    """Serve `/` and what it loads."""
    app.mount(ASSETS, _Guarded(StaticFiles(directory=FILES)), name="page-assets")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(FILES / "index.html", headers=HEADERS)


class _Guarded:
    """ASGI middleware that adds the headers of the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *Headers(HEADERS).raw]
            await send(message)

        await self._app(scope, receive, send_guarded)
