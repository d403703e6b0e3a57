"""A way to each documented status of the routes that give files."""

import base64

import httpx

from tests.http.service.ways import WAYS, Doors, Way, asked
from tests.support.door import document

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG = {"Accept": "image/png"}


def _given_back(doors: Doors) -> str:
    """The id of a task that has taken a file and returned it."""
    parts = {"file": ("pixel.png", PIXEL, "image/png")}
    task_id: str = document(doors.works.post("/same_file?wait=30", files=parts))["task_id"]
    return task_id


def _file(query: str, **headers: str) -> Way:
    """A request for the file."""
    return lambda doors, path: asked(doors.works, path + query, _given_back(doors), **PNG | headers)


def _again(query: str) -> Way:
    """The same request twice: the second one names what the first one got."""

    def way(doors: Doors, path: str) -> httpx.Response:
        task_id = _given_back(doors)
        tag = asked(doors.works, path + query, task_id, **PNG).headers["ETag"]
        return asked(doors.works, path + query, task_id, **PNG, **{"If-None-Match": tag})

    return way


def _ways(path: str, query: str) -> dict[int, Way]:
    return WAYS["get", path] | {
        206: _file(query, Range="bytes=0-3"),
        304: _again(query),
        406: _file(query, Accept="audio/ogg"),
        416: _file(query, Range="bytes=1000000-"),
    }


FILES = {
    ("get", path): _ways(path, query)
    for path, query in (("/tasks/{task_id}/result", ""), ("/tasks/{task_id}/input", "?pointer=/file"))
}
