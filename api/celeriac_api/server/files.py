"""Makes routes that serve the files of a directory."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import AnyQuery
from celeriac_api.server.route import Route


def file_routes(
    directory: Path, *, at: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Route]:
    """A route for each file that is there at the start, under the path `at`; it answers `If-None-Match`, too."""
    files = StaticFiles(directory=directory)
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        name = file.relative_to(directory).as_posix()
        handler = partial(_serve, files, name, headers)
        yield Route(method="GET", path=f"{at}/{name}", scope=Scope.ANY, handler=handler, parameters=AnyQuery)


async def _serve(
    files: StaticFiles, name: str, headers: Mapping[str, str], call: Call[AnyQuery, None]
) -> Response:
    response = await files.get_response(
        name, {"type": "http", "method": "GET", "headers": [*call.fields.items()]}
    )
    response.headers.update(headers)
    return response
