"""Keywords of our own in the schemas of inputs: what JSON Schema cannot express.

    x-exact     {"type": "decimal", "max_digits": 4}   what else pydantic demands of the value: a core schema, as JSON
    x-key       {"type": "int"}                        the same of the name of a member, which is always text
    x-fields    ["x", "y"]                             an object with these members may be in place of the array
    x-python    "datetime"                             what the task gets in place of the JSON value

The API enforces all but the last. Nobody outside is shown any of them: `published` leaves them out.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import CoreConfig, SchemaError, SchemaValidator, to_json

from celeriac.contract.json_schema.exact import READ_BEFORE, exact_validator

EXACT, KEY, FIELDS, PYTHON = "x-exact", "x-key", "x-fields", "x-python"
MARKERS = frozenset((EXACT, KEY, FIELDS, PYTHON))
# The members of a schema that contain values, and no schemas.
VALUES = frozenset(("default", "examples", "const", "enum"))
# Those that contain schemas by names of their own.
NAMED = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))

_BOUNDS = ("le", "ge", "lt", "gt")
_TIMES = {"tz_constraint": str | int, "microseconds_precision": str}
_NOW = {"now_op": str, "now_utc_offset": int}
_URL = {"max_length": int, "allowed_schemes": list[str], "host_required": bool}
# What a marker of each type may have, and of which type that is.
_CONSTRAINTS: dict[str, dict[str, Any]] = {
    "decimal": {
        **dict.fromkeys((*_BOUNDS, "multiple_of"), Decimal),
        **dict.fromkeys(("max_digits", "decimal_places"), int),
    },
    "fraction": dict.fromkeys(_BOUNDS, Fraction),
    "complex": {},
    "date": dict.fromkeys(_BOUNDS, date) | _NOW,
    "datetime": dict.fromkeys(_BOUNDS, datetime) | _NOW | _TIMES,
    "time": dict.fromkeys(_BOUNDS, time) | _TIMES,
    "timedelta": dict.fromkeys(_BOUNDS, timedelta) | {"microseconds_precision": str},
    "uuid": {"version": int},
    "url": _URL,
    "multi-host-url": _URL,
    "int": dict.fromkeys((*_BOUNDS, "multiple_of"), int),
    "float": dict.fromkeys((*_BOUNDS, "multiple_of"), float),
    "bool": {},
    "str": {
        **dict.fromkeys(("strip_whitespace", "to_lower", "to_upper", "ascii_only"), bool),
        **dict.fromkeys(("min_length", "max_length"), int),
        "pattern": str,
    },
}
_CONFIG = CoreConfig(allow_inf_nan=False)


class UnknownMarker(Exception):
    """A marker is not one of ours. The text describes what is wrong with it."""


def marker(core_schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The marker of a core schema; None for a type that needs none."""
    kinds = _CONSTRAINTS.get(core_schema["type"])
    if kinds is None:
        return None
    constraints = {
        name: _to_json(core_schema[name], kind)
        for name, kind in kinds.items()
        if core_schema.get(name) is not None
    }
    if constraints.get("microseconds_precision") == "truncate":  # pydantic's default
        del constraints["microseconds_precision"]
    return {"type": core_schema["type"], **constraints}


class Marked:
    """What a marker demands of a value, judged by pydantic as in a worker."""

    def __init__(self, content: Any, *, is_key: bool) -> None:
        """`is_key`: of the name of a member. `UnknownMarker` unless `content` is a marker."""
        core_schema = _core_schema(content)
        if is_key:
            core_schema = {"type": "dict", "keys_schema": core_schema, "values_schema": {"type": "any"}}
        self._is_key, self._is_read = is_key, core_schema["type"] in READ_BEFORE
        try:
            self._validator: SchemaValidator = exact_validator(core_schema, _CONFIG)
        except SchemaError as wrong:
            raise UnknownMarker(f"{content!r}: {wrong}") from wrong

    def check(self, value: Any) -> None:
        """Raise pydantic's `ValidationError` for a value that does not fit."""
        if self._is_read:
            self._validator.validate_python(value, strict=True)
        else:
            self._validator.validate_json(to_json({value: None} if self._is_key else value), strict=True)


def published(schema: Any) -> Any:
    """The same schema as others see it: without our markers."""
    match schema:
        case dict():
            return _without_markers(schema)
        case list():
            return [published(part) for part in schema]
    return schema


def _without_markers(schema: dict[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for name, part in schema.items():
        if name in MARKERS:
            continue
        if name in VALUES:
            clean[name] = part
        elif name in NAMED and isinstance(part, dict):
            clean[name] = {own: published(named) for own, named in part.items()}
        else:
            clean[name] = published(part)
    if schema.get("propertyNames") and clean.get("propertyNames") == {}:
        del clean["propertyNames"]
    if isinstance(clean.get("anyOf"), list):
        clean["anyOf"] = list(_alternatives(clean["anyOf"]))
    return clean


def _alternatives(parts: list[Any]) -> Iterator[Any]:
    """Each of them, and not alternatives in alternatives, as pydantic writes them where no marker is beside them."""
    for part in parts:
        if isinstance(part, dict) and part.keys() == {"anyOf"}:
            yield from part["anyOf"]
        else:
            yield part


def _core_schema(content: Any) -> Any:
    kind = content.get("type") if isinstance(content, dict) else None
    kinds = _CONSTRAINTS.get(kind) if isinstance(kind, str) else None
    if kinds is None:
        raise UnknownMarker(f"{content!r} has no type that is known: {', '.join(_CONSTRAINTS)}")
    core_schema = {"type": kind}
    for name, value in content.items():
        if name == "type":
            continue
        if name not in kinds:
            raise UnknownMarker(f"{content!r}: {name!r} is not known of this type")
        try:
            core_schema[name] = _adapter(kinds[name]).validate_python(value)
        except ValueError as wrong:
            raise UnknownMarker(f"{content!r}: {name!r} has a wrong value") from wrong
    return core_schema


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _to_json(value: Any, kind: Any) -> Any:
    return _adapter(kind).dump_python(_adapter(kind).validate_python(value), mode="json")
