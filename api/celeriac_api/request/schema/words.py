"""Says in words what is wrong with one value, in those of pydantic.

Each function looks at the value itself, not at its parts.
"""

import json
from collections.abc import Mapping, Sequence, Sized
from functools import lru_cache
from typing import Any

import jsonschema_rs

from celeriac_api.request.schema.enforced import Schema
from celeriac_api.request.schema.keywords import SAME, WHOLE

_OF_TYPES = {
    "integer": "Input should be a valid integer",
    "number": "Input should be a valid number",
    "string": "Input should be a valid string",
    "boolean": "Input should be a valid boolean",
    "array": "Input should be a valid array",
    "object": "Input should be an object",
    "null": "Input should be null",
}
_CLASSES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}
_BOUNDS = {
    "minimum": "Input should be greater than or equal to {}",
    "exclusiveMinimum": "Input should be greater than {}",
    "maximum": "Input should be less than or equal to {}",
    "exclusiveMaximum": "Input should be less than {}",
    "multipleOf": "Input should be a multiple of {}",
}
# How many: which type, its name, and the beginning of its words.
_COUNTS: dict[str, tuple[type, str]] = {
    "minLength": (str, "String should have at least {} character{}"),
    "maxLength": (str, "String should have at most {} character{}"),
    "minItems": (list, "List should have at least {} item{} after validation, not {}"),
    "maxItems": (list, "List should have at most {} item{} after validation, not {}"),
    "minProperties": (dict, "Dictionary should have at least {} item{} after validation, not {}"),
    "maxProperties": (dict, "Dictionary should have at most {} item{} after validation, not {}"),
}
_OTHERS = {
    "pattern": "String should match pattern '{}'",
    "uniqueItems": "Input should not contain a value twice",
    "format": "Input should have the format '{}'",
}
MOST_VALUES = 50


def is_type(value: Any, kind: str) -> bool:
    """Whether it is of this JSON type; 1.0 is no integer."""
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case _:
            return isinstance(value, _CLASSES.get(kind, ())) and not isinstance(value, bool)


def words_of_type(schema: Schema, value: Any) -> str | None:
    """What is wrong with its type."""
    kinds = schema.get("type")
    if kinds is None or "enum" in schema or "const" in schema:  # which say more
        return None
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if any(is_type(value, kind) for kind in kinds):
        return None
    if isinstance(value, float) and value.is_integer() and "integer" in kinds and WHOLE not in schema:
        return None
    return next(_OF_TYPES[kind] for kind in sorted(kinds, key="null".__eq__))


def words_of_value(schema: Schema, value: Any, *, keywords: Mapping[str, type]) -> str | None:
    """What is wrong with a value that has the right type, but for its parts."""
    for name, limit in schema.items():
        if name == "minItems" and len(schema.get("prefixItems", ())) >= limit:
            continue  # each that is missing is said by its place
        if name in _BOUNDS or name in _COUNTS or name in _OTHERS:
            if not _is_valid(name, limit, value):
                return _sentence(name, limit, value, is_tuple="prefixItems" in schema)
        elif name in {"enum", "const"}:
            values = limit if name == "enum" else [limit]
            if not _is_listed(value, values, exactly=SAME in schema):
                return one_of(values)
        elif name in keywords:
            try:
                keywords[name](schema, limit, []).validate(value)
            except ValueError as wrong:
                return str(wrong)
    return None


def one_of(values: Sequence[Any]) -> str:
    """That it should be one of these."""
    texts = list(dict.fromkeys(map(repr, values)))[:MOST_VALUES]
    first, last = texts[:-1], texts[-1:]
    return f"Input should be {', '.join(first)} or {last[0]}" if first else f"Input should be {''.join(last)}"


def _is_listed(value: Any, values: Sequence[Any], *, exactly: bool) -> bool:
    return any(_is_same(each, value, exactly=exactly) for each in values)


def _is_same(listed: Any, value: Any, *, exactly: bool) -> bool:
    if isinstance(listed, bool) or isinstance(value, bool):
        return listed is value
    return bool(listed == value) and not (exactly and isinstance(value, float) and type(listed) is int)


def _is_valid(name: str, limit: Any, value: Any) -> bool:
    if name in _COUNTS:
        kind, _ = _COUNTS[name]
        if not isinstance(value, kind) or not isinstance(value, Sized):
            return True
        return bool(len(value) >= limit if name.startswith("min") else len(value) <= limit)
    return bool(_validator(name, json.dumps(limit)).is_valid(value))


@lru_cache(maxsize=256)
def _validator(name: str, limit: str) -> Any:
    return jsonschema_rs.validator_for({name: json.loads(limit)}, validate_formats=True, offline=True)


def _sentence(name: str, limit: Any, value: Any, *, is_tuple: bool) -> str:
    if name in _COUNTS:
        words = _COUNTS[name][1].format(limit, "" if limit == 1 else "s", len(value))
        return words.replace("List", "Tuple") if is_tuple else words
    if name in _BOUNDS:
        return _BOUNDS[name].format(limit)
    return _OTHERS[name].format(limit)
