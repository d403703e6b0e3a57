"""Names a type in plain words, for help and for errors: "integer", "list of dates"."""

import json
from typing import Any

from celeriac.values.json.shape import Leaf, Shape

MOST_CHOICES = 12
DEEPEST = 3
_KINDS = {
    "integer": "integer",
    "number": "number",
    "decimal": "decimal number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
    "any": "any JSON",
}
_FORMATS = {
    "date-time": "date and time",
    "binary": "text",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "ipvanyaddress": "IP address",
    "uri": "address",
    "url": "address",
    "uuid": "UUID",
    "file-path": "path",
    "directory-path": "path",
    "json-string": "text",
    "password": "text",
    "multi-host-uri": "address",
}
_PLURALS = {
    "integer": "integers",
    "number": "numbers",
    "decimal number": "decimal numbers",
    "object": "objects",
    "text": "texts",
    "date": "dates",
    "date and time": "dates and times",
    "path": "paths",
    "UUID": "UUIDs",
    "address": "addresses",
}


def label_of(shape: Shape, *, depth: int = 0) -> str:
    """The type in words; `null` last."""
    names = list(dict.fromkeys(_leaf(leaf, shape, depth) for leaf in shape.leaves))
    names.sort(key=lambda name: name == "null")
    return " or ".join(names) or "any JSON"


def choice_text(value: Any) -> str:
    """A listed value as one writes it: text without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _leaf(leaf: Leaf, shape: Shape, depth: int) -> str:
    match leaf.kind:
        case "choice":
            return _choices(leaf.choices)
        case "string":
            text_format = leaf.schema.get("format")
            name = "base64" if leaf.is_base64 else text_format if isinstance(text_format, str) else "text"
            return "bytes" if name == "base64" else _FORMATS.get(name, name)
        case "array":
            return _array(leaf, shape, depth)
        case kind:
            return _KINDS.get(kind, kind)


def _choices(values: list[Any]) -> str:
    names = [choice_text(value) for value in values[:MOST_CHOICES]]
    more = len(values) - len(names)
    return "|".join(names) + (f"|… ({more} more)" if more else "")


def _array(leaf: Leaf, shape: Shape, depth: int) -> str:
    if depth >= DEEPEST or not ({"items", "prefixItems"} & leaf.schema.keys()):
        return "list"
    if places := leaf.schema.get("prefixItems"):
        return f"list ({', '.join(label_of(shape.within(place), depth=depth + 1) for place in places)})"
    item = label_of(shape.item(leaf, 0), depth=depth + 1)
    return f"list of {f'({item})' if ' or ' in item or '|' in item else _PLURALS.get(item, item)}"
