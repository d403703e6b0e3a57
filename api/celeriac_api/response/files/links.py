"""Puts links in place of the large files in a JSON document."""

import json
from typing import Any
from urllib.parse import quote

from celeriac.files.form import BLOB, is_blob
from celeriac.values.json.pointer import pointer_to
from celeriac_api.response.address import address

_MARK = json.dumps(BLOB).encode()


def with_links(document: bytes, path: str) -> bytes:
    """The JSON of a result or an input, which is served at this path of the API."""
    if _MARK not in document:
        return document
    linked = _linked(json.loads(document), address(path), ())
    return json.dumps(linked, ensure_ascii=False, separators=(",", ":")).encode()


def _linked(value: Any, path: str, place: tuple[str | int, ...]) -> Any:
    if is_blob(value):
        pointer = f"?pointer={quote(pointer_to(place), safe='/')}" if place else ""
        return {"href": path + pointer, **{name: value[name] for name in ("size", "name", "content_type")}}
    match value:
        case dict():
            return {name: _linked(part, path, (*place, name)) for name, part in value.items()}
        case list():
            return [_linked(part, path, (*place, number)) for number, part in enumerate(value)]
    return value
