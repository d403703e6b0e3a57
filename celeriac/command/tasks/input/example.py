"""Writes an input as words of a command line; an example for each type."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from celeriac.command.tasks.input.label import choice_text
from celeriac.values.json.shape import Leaf, Shape

LONGEST = 60
_FORMATS = {
    "date": "2026-05-01",
    "date-time": "2026-05-01T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H30M",
    "uuid": "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10",
    "email": "ada@example.org",
    "uri": "https://example.org/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "path": "/srv/data.csv",
    "file-path": "/srv/data.csv",
    "directory-path": "/srv",
}
_KINDS = {"decimal": "0.10", "boolean": "true", "array": "[]", "object": '{"name": "value"}'}


def example_words(name: str, shape: Shape) -> list[str]:
    """How one gives a value to the parameter of this name."""
    members = shape.members()
    if members and shape.leaf("object") and not shape.is_free_text:
        needed = sorted(shape.required() & members.keys()) or list(members)[:1]
        return [f"{name}.{member}={example_value(members[member])}" for member in needed[:2]]
    return [f"{name}={example_value(shape)}"]


def words_of(document: Mapping[str, Any], shape: Shape) -> list[str]:
    """The words that give this input; bytes are read from a file."""
    return [
        word for name, value in document.items() for word in _words(name, value, shape.members().get(name))
    ]


def _words(name: str, value: Any, shape: Shape | None) -> Iterator[str]:
    shape = shape or Shape.of({})
    if shape.is_base64 and isinstance(value, str):
        yield f"{name}=@FILE"
    elif isinstance(value, str) and shape.leaf("string", "choice", "decimal"):
        yield f"{name}={'@' if value.startswith('@') else ''}{value}"
    else:
        text = json.dumps(value, ensure_ascii=False)
        is_ambiguous = isinstance(value, str) or shape.is_free_text or _is_choice(text, shape)
        yield f"{name}{':=' if is_ambiguous else '='}{text}"


def _is_choice(text: str, shape: Shape) -> bool:
    return any(text in leaf.choices for leaf in shape.leaves)


def example_value(shape: Shape, depth: int = 0) -> str:
    """The text of a value of this type."""
    leaf = next((leaf for leaf in shape.leaves if leaf.kind != "null"), None)
    if shape.is_base64:
        return "@photo.jpg" if "image" in str(shape.schema) else "@file"
    if leaf is None:
        return "null"
    default = shape.schema.get("default")
    if isinstance(default, int | str) and default not in ("", None) and len(str(default)) <= LONGEST:
        return choice_text(default)
    return _of_leaf(leaf, shape, depth)


def _of_leaf(leaf: Leaf, shape: Shape, depth: int) -> str:
    match leaf.kind:
        case "choice":
            text = choice_text(leaf.choices[0]) if leaf.choices else "null"
        case "integer":
            text = str(_integer(leaf))
        case "number":
            text = str(_lower_bound(leaf) or 0.5)
        case "array" if depth < 2 and ({"items", "prefixItems"} & leaf.schema.keys()):
            text = example_value(shape.item(leaf, 0), depth + 1)
        case "string":
            text = _FORMATS.get(str(leaf.schema.get("format")), "text")
        case kind:
            text = _KINDS.get(kind, '"text"')
    return text


def _integer(leaf: Leaf) -> int:
    step = leaf.schema.get("multipleOf")
    lowest = math.ceil(_lower_bound(leaf) or 0) + (1 if "exclusiveMinimum" in leaf.schema else 0)
    if isinstance(step, int) and step > 0:
        return max(1, math.ceil(lowest / step)) * step
    return lowest or (4 if leaf.schema.get("maximum", 4) >= 4 else leaf.schema["maximum"])


def _lower_bound(leaf: Leaf) -> float | None:
    bound = leaf.schema.get("minimum", leaf.schema.get("exclusiveMinimum"))
    return bound if isinstance(bound, int | float) else None
