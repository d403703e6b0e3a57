"""Validates JSON exactly where pydantic's strict mode still guesses.

Strict pydantic reads `"1777636800"` as a moment, `true` as the enum's 1, `"1 day"` and `"P1M"` as durations, `"01"` as the key 1.
This module first checks the text; then pydantic reads it by its own rules. Bounds and all other rules of a type stay.
"""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, Flag
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import (
    CoreConfig,
    CoreSchema,
    PydanticCustomError,
    PydanticKnownError,
    SchemaValidator,
    core_schema,
)

Check = Callable[[Any], Any]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
# Weeks, days and parts of days. A month has no fixed length; a year of 365 days is how pydantic writes results.
_DURATION = re.compile(
    r"[+-]?P(?=[0-9T])([0-9]+Y)?([0-9]+W)?([0-9.,]+D)?(T(?=[0-9])([0-9.,]+H)?([0-9.,]+M)?([0-9.,]+S)?)?"
)
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# As JSON has them.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# By the type of a schema: how its text looks, what it is read as, and how that is said.
_TEXTS: dict[str, tuple[re.Pattern[str], type, str]] = {
    "datetime": (_MOMENT, datetime, "a date and time by ISO 8601, such as 2026-05-01T12:00:00Z"),
    "date": (_DATE, date, "a date by ISO 8601, such as 2026-05-01"),
    "timedelta": (_DURATION, timedelta, "a duration by ISO 8601 without months, such as P1DT1H30M"),
    "uuid": (_UUID, UUID, "a UUID in groups of 8, 4, 4, 4 and 12 digits"),
}
# Those of which a check makes an object before pydantic sees the value, which is then the same in JSON and in Python.
READ_BEFORE = frozenset((*_TEXTS, "decimal"))
# Parts of a schema that hold no schema.
_OPAQUE = frozenset("default metadata serialization config expected members cls ref type function".split())
# Parts that hold schemas by names of their own.
_NAMED = frozenset(("fields", "choices", "computed_fields"))


def exact_validator(schema: CoreSchema, config: CoreConfig | None = None) -> SchemaValidator:
    """The validator of this schema, which uses only text and JSON values."""
    # Without those that pydantic has made for models before: they guess.
    return SchemaValidator(_exact(schema), config, _use_prebuilt=False)


def _exact(schema: Any, *, is_key: bool = False) -> Any:
    """The same schema with a check before each type of which pydantic guesses; as a key, before numbers, too."""
    if isinstance(schema, list | tuple):
        return type(schema)(_exact(part, is_key=is_key) for part in schema)
    if not isinstance(schema, dict):
        return schema
    exact = {name: _part(name, part, is_key=is_key) for name, part in schema.items()}
    check = _check_of_key(schema) if is_key else _check(schema)
    return exact if check is None else core_schema.no_info_before_validator_function(check, exact)


def _part(name: str, part: Any, *, is_key: bool) -> Any:
    if name in _OPAQUE:
        return part
    if name in _NAMED and isinstance(part, dict):
        return {own: _exact(schema, is_key=is_key) for own, schema in part.items()}
    return _exact(part, is_key=is_key or name == "keys_schema")


def _check(schema: dict[str, Any]) -> Check | None:
    match schema.get("type"):
        case "datetime" | "date" | "timedelta" | "uuid" as kind:
            return _text(*_TEXTS[kind])
        case "decimal":
            return _decimal
        case "enum":
            return _enum(schema["cls"])
        case "literal":
            return _literal(schema["expected"])
        case _:
            return None


def _check_of_key(schema: dict[str, Any]) -> Check | None:
    """The name of a member is text, also that of a number."""
    check = _check(schema)
    match schema.get("type"):
        case "int":
            return _integer
        case "float":
            return _number
        case "bool":
            return lambda text: {"true": True, "false": False}.get(text, text)
        case "enum" | "literal" if check is not None:
            return lambda text: check(_integer_if_it_is(text))
        case _:
            return check


def _text(pattern: re.Pattern[str], kind: type, words: str) -> Check:
    read = TypeAdapter[Any](kind).validate_python

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not pattern.fullmatch(value):
            raise PydanticCustomError("not_exact", "Input should be {words}", {"words": words})
        return read(value)

    return check


def _decimal(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return Decimal(str(value).removesuffix(".0"))
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("not_exact", "Input should be a finite decimal number, such as 0.10")
    return Decimal(value) if isinstance(value, str) else value


def _integer(text: Any) -> Any:
    if not _INTEGER.fullmatch(text):
        raise PydanticKnownError("int_parsing")
    return int(text)


def _integer_if_it_is(text: str) -> str | int:
    return int(text) if _INTEGER.fullmatch(text) else text


def _number(text: Any) -> Any:
    if not _NUMBER.fullmatch(text):
        raise PydanticKnownError("float_parsing")
    return float(text)


def _enum(kind: type[Enum]) -> Check | None:
    """None where pydantic does not guess: of text."""
    values = [member.value for member in kind]
    if all(isinstance(value, str) for value in values):
        return None

    def check(value: Any) -> Any:
        if not isinstance(value, bool | int | float):
            return value
        if issubclass(kind, Flag) and type(value) is int and value >= 0:
            return value
        for member in kind:
            if _is_same(member.value, value):
                return member
        raise _none_of("enum", values)

    return check


def _literal(literals: Collection[Any]) -> Check | None:
    values = [value.value if isinstance(value, Enum) else value for value in literals]
    if not any(isinstance(value, bool | int) for value in values):
        return None

    def check(value: Any) -> Any:
        if isinstance(value, bool | int | float) and not any(_is_same(literal, value) for literal in values):
            raise _none_of("literal_error", values)
        return value

    return check


def _none_of(kind: Any, values: Collection[Any]) -> PydanticKnownError:
    *first, last = map(repr, values)
    return PydanticKnownError(kind, {"expected": f"{', '.join(first)} or {last}" if first else last})


def _is_same(literal: Any, value: Any) -> bool:
    """To Python, `True`, 1 and 1.0 are equal; a float may be given as an integer."""
    if isinstance(literal, float) and type(value) is int:
        return literal == value
    return isinstance(value, bool) == isinstance(literal, bool) and (
        isinstance(value, float) == isinstance(literal, float) and bool(literal == value)
    )
