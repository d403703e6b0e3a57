"""Decides which defaults a signature shows."""

import math
from collections.abc import Mapping
from typing import Any

from celeriac.command.generate.document import Schema
from celeriac.command.generate.names import quoted
from celeriac.command.generate.shapes import ABSENT, Member, Shape

# The name of the value that leaves a default to the API.
LEFT_TO_THE_API = "DEFAULT"


def written_default(member: Member, shapes: Mapping[str, Shape]) -> str | None:
    """The default as Python code; None if the member is required.

    Text, numbers, true, false and null are shown, where the type takes them; anything else is left to the API.
    """
    if member.is_required:
        return None
    default = None if member.default is ABSENT else member.default
    if not _takes(member.schema, default, shapes):
        return LEFT_TO_THE_API
    return quoted(default) if isinstance(default, str) else repr(default)


def _takes(schema: Schema, value: Any, shapes: Mapping[str, Shape]) -> bool:  # noqa: PLR0911 - a line for each kind of schema
    match schema:
        case {"anyOf": [*parts]}:
            return any(_takes(part, value, shapes) for part in parts)
        case {"$ref": str(name)}:
            followed = shapes[name].schema
            return "enum" in followed and _takes(followed, value, shapes)
        case {"enum": [*values]}:
            return any(type(literal) is type(value) and literal == value for literal in values)
        case {"format": _}:
            return False
        case {"type": "null"}:
            return value is None
        case {"type": "boolean"}:
            return isinstance(value, bool)
        case {"type": "string"}:
            return isinstance(value, str)
        case {"type": "integer" | "number" as kind}:
            return _is_number(value) and (kind == "number" or isinstance(value, int))
        case {"type": _}:
            return False
        case _:
            return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
