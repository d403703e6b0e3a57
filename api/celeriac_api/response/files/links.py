"""Puts links in place of the large files in a JSON document."""

import json
from typing import Any
from urllib.parse import quote

from celeriac.files.form import BLOB, is_blob
from celeriac.ledger.model.task import Task
from celeriac.values.json.pointer import pointer_to
from celeriac_api.response.address import address

_MARK = json.dumps(BLOB).encode()


def result_of(task: Task) -> bytes:
    """The JSON of its result as every answer shows it, with links to its large files; null if it has none."""
    return b"null" if task.result is None else with_links(task.result, f"/tasks/{task.task_id}/result")


def with_links(document: bytes, path: str, *, pointer: str = "") -> bytes:
    """The JSON of a result or an input, or of its part at this pointer. All of it is served at this path of the API."""
    if _MARK not in document:
        return document
    linked = _linked(json.loads(document), address(path), pointer)
    return json.dumps(linked, ensure_ascii=False, separators=(",", ":")).encode()


def _linked(value: Any, path: str, pointer: str) -> Any:
    if is_blob(value):
        query = f"?pointer={quote(pointer, safe='/')}" if pointer else ""
        return {"href": path + query, **{name: value[name] for name in ("size", "name", "content_type")}}
    match value:
        case dict():
            return {name: _linked(part, path, pointer + pointer_to([name])) for name, part in value.items()}
        case list():
            return [_linked(part, path, f"{pointer}/{number}") for number, part in enumerate(value)]
    return value
