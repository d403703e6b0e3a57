"""The page at `/`: static files that use the public API like any client."""

from pathlib import Path

from starlette.responses import FileResponse, Response

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import AnyQuery
from celeriac_api.server.files import file_routes
from celeriac_api.server.route import Route

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


def routes() -> list[Route]:
    """`/` and what it loads."""

    async def page(_: Call[AnyQuery, None]) -> Response:
        return FileResponse(FILES / "index.html", headers=HEADERS)

    return [
        Route(method="GET", path="/", scope=Scope.ANY, handler=page, parameters=AnyQuery),
        *file_routes(FILES, at=ASSETS, headers=HEADERS),
    ]
