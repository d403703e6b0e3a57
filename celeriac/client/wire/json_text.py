"""Writes inputs as JSON, and reads answers strictly."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from celeriac.client.errors import InputNotJSON

SHOWN_CHARACTERS = 200


def input_json(value: Mapping[str, Any], path: str = "the input") -> bytes:
    """An input as JSON. Bytes, `Path` and open files become base64, and a `File` an object with it."""
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:  # a lone surrogate is a ValueError, too
        raise InputNotJSON(f"{path} cannot be written as JSON: {error}.") from error
    except OSError as error:
        raise InputNotJSON(f"{path} contains a file that cannot be read: {error}.") from error


def parse(body: bytes | str) -> Any:
    """The value of a JSON text; `ValueError` if it is not strict JSON."""
    try:
        return _DECODER.decode(body if isinstance(body, str) else body.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def beginning(body: bytes) -> str:
    """What an error shows of a body."""
    text = body[: SHOWN_CHARACTERS * 4].decode(errors="replace")
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _plain(value: object) -> Any:
    """What JSON has for a value that it does not know."""
    for kind, plain in _FORMS:
        if isinstance(value, kind):
            return plain(value)
    return _members(value)


def _members(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if callable(dump := getattr(value, "model_dump", None)):  # a model of pydantic
        return dump(by_alias=True)
    if callable(form := getattr(value, "json_form", None)):  # a `File`
        return form()
    if callable(read := getattr(value, "read", None)):
        content = read()
        return _plain(content) if isinstance(content, bytes) else content
    raise TypeError(f"{value!r:.200} is of the type {type(value).__name__}, which has no form in JSON")


def _duration(value: timedelta) -> str:
    """In the form of ISO 8601; `-PT5S` is five seconds back."""
    sign, seconds = ("-", -value) if value < timedelta() else ("", value)
    whole = seconds.days * 86_400 + seconds.seconds
    fraction = f".{seconds.microseconds:06}" if seconds.microseconds else ""
    return f"{sign}PT{whole}{fraction}S"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _base64(content: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(content).decode("ascii")


_FORMS: Sequence[tuple[Any, Callable[[Any], Any]]] = (
    ((bytes, bytearray, memoryview), _base64),
    (PathLike, lambda path: _base64(Path(path).read_bytes())),
    ((datetime, date, time), lambda moment: moment.isoformat()),
    (timedelta, _duration),
    ((UUID, Decimal), str),
    (Enum, lambda member: member.value),
    ((set, frozenset), list),
    (Mapping, dict),
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
_DECODER = json.JSONDecoder(parse_constant=_refuse)
