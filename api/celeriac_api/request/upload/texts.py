"""Makes values of the texts in forms and queries, by the schemas of their parameters."""

import re
from typing import Any

from celeriac.values.json.shape import Leaf, Shape
from celeriac_api.request.schema.strict_json import strict_value

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LONGEST_NUMBER = 400


def values_of(texts: list[str], shape: Shape) -> Any:
    """The value of a field, or of several with one name: of the kind that the schema says, or else text, which is then refused."""
    array = shape.leaf("array")
    if array is not None and not (len(texts) == 1 and texts[0].lstrip().startswith("[")):
        return [value_of(text, shape.item(array, place)) for place, text in enumerate(texts)]
    return value_of(texts[0], shape) if len(texts) == 1 else texts


def value_of(text: str, shape: Shape) -> Any:
    """The value of one text."""
    if shape.is_free_text:
        return text
    for leaf in shape.leaves:
        value = _as(leaf, text)
        if value is not _OTHER:
            return value
    return text


_OTHER = object()


def _as(leaf: Leaf, text: str) -> Any:
    """The text as a value of this alternative, or `_OTHER`."""
    match leaf.kind:
        case "integer" | "number" | "decimal" if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text):
            return strict_value(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "null" if text in ("null", ""):
            return None
        case "object" | "array" | "any":
            return _json(text)
        case "choice":
            return _choice(leaf.choices, text)
        case _:
            return _OTHER


def _choice(choices: list[Any], text: str) -> Any:
    if text in [choice for choice in choices if isinstance(choice, str)]:
        return text
    value = _json(text)
    return value if any(type(choice) is type(value) and choice == value for choice in choices) else _OTHER


def _json(text: str) -> Any:
    try:
        return strict_value(text)
    except (ValueError, RecursionError):
        return _OTHER
