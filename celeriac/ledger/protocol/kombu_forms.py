"""Writes values as kombu's JSON has them, and reads them as plain JSON again.

kombu's JSON has forms for six types, such as {"__type__": "datetime", "__value__": "2026-05-01T12:00:00+00:00"}; a task of Celery
reads them as objects (kombu/utils/json.py, the same from 5.4 to 5.7). A schema marks their places by `x-python`.
"""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from celeriac.contract.json_schema.exact import exact_validator
from celeriac.contract.json_schema.markers import PYTHON
from celeriac.files.form import decoded, is_blob
from celeriac.ledger.protocol.message import TYPED_VALUE
from celeriac.ledger.protocol.schema_branches import Branches
from celeriac.values.json.pointer import pointer_to

# The marked kinds that have a form; durations have none.
KINDS = ("datetime", "date", "time", "decimal", "uuid", "bytes")
# Of a file that the API has put into its store.
TOO_LARGE = (
    "is a file larger than CELERIAC_INLINE_BYTES, and a task of an existing app takes files in its message: "
    "send a smaller one, or raise the limit"
)

_MARK = f'"{PYTHON}"'
_TYPED = '"__type__"'
_READ_BY_KOMBU: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
}
_CLASSES: dict[str, type] = {
    "datetime": datetime,
    "date": date,
    "time": time,
    "decimal": Decimal,
    "uuid": UUID,
    "timedelta": timedelta,
}


class NotWritable(ValueError):
    """A value that is not of the type which its schema marks; `pointer` leads to it."""

    def __init__(self, pointer: str, sentence: str) -> None:
        """The sentence goes on from the value's name: "should be …"."""
        super().__init__(f"{pointer or 'The value'} {sentence}")
        self.pointer, self.sentence = pointer, sentence


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """The valid JSON value with kombu's form at each place that the schema marks; all else is the same object.

    Of several branches, the first that fits is meant. `NotWritable` has the place of what is not of its type, or is a large file.
    """
    return _Writer(schema).written(value, schema, ())


def typed_text(text: bytes, schema: Mapping[str, Any]) -> bytes:
    """The same for a JSON text; the very text where nothing changes. Whoever has many asks `is_marked` once."""
    value = json.loads(text)
    written = typed(value, schema)
    return text if written is value else json.dumps(written, ensure_ascii=False).encode()


def is_marked(schema: Mapping[str, Any]) -> bool:
    """Whether the schema marks any value."""
    return _MARK in json.dumps(schema)


def plain(value: Any) -> Any:
    """The value with JSON in place of kombu's forms: text as in ISO 8601, of decimals, of UUIDs, and base64.

    An object that kombu could not read as one of the six types is the user's own, and stays.
    """
    if isinstance(value, dict):
        form = _plain_object(value)
        return {name: plain(member) for name, member in value.items()} if form is value else form
    return [plain(item) for item in value] if isinstance(value, list) else value


def read_plain(text: str | bytes) -> Any:
    """The value of a JSON text that Celery may have written, in the same way; `ValueError` and `RecursionError` are json's."""
    has_forms = (_TYPED.encode() if isinstance(text, bytes) else _TYPED) in text  # type: ignore[operator]  # of the same kind
    return json.loads(text, object_hook=_plain_object if has_forms else None)


def plain_text(text: bytes) -> bytes:
    """The same JSON text without forms; the very text where it contains none."""
    if _TYPED.encode() not in text:
        return text
    return json.dumps(read_plain(text), ensure_ascii=False).encode(errors="surrogatepass")


class _Writer:
    """One schema, in whose `$defs` references are found."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._branches = Branches(root, reads=_reads)

    def written(self, value: Any, schema: Any, path: tuple[int | str, ...]) -> Any:
        if is_blob(value):
            raise NotWritable(pointer_to(path), TOO_LARGE)
        schema = self._branches.meant(value, schema)
        if kind := schema.get(PYTHON):
            return _form(kind, value, path)
        if isinstance(value, dict):
            return self._object(value, schema, path)
        return self._array(value, schema, path) if isinstance(value, list) else value

    def _object(self, value: dict[str, Any], schema: Mapping[str, Any], path: tuple[int | str, ...]) -> Any:
        members, others = schema.get("properties") or {}, schema.get("additionalProperties")
        made = {
            name: self.written(member, members.get(name, others), (*path, name))
            for name, member in value.items()
        }
        return made if any(made[name] is not member for name, member in value.items()) else value

    def _array(self, value: list[Any], schema: Mapping[str, Any], path: tuple[int | str, ...]) -> Any:
        first, others = schema.get("prefixItems") or (), schema.get("items")
        made = [
            self.written(item, first[place] if place < len(first) else others, (*path, place))
            for place, item in enumerate(value)
        ]
        return made if any(new is not item for new, item in zip(made, value, strict=True)) else value


def _form(kind: str, value: Any, path: tuple[int | str, ...]) -> Any:
    if value is None or kind not in KINDS:  # an announcement may have markers of another version
        return value
    try:
        read = _read(kind, value)
    except ValueError as wrong:
        raise NotWritable(pointer_to(path), _sentence(kind)) from wrong
    match read:
        case bytes():
            return _typed("base64", base64.b64encode(read).decode())
        case UUID():
            return _typed("uuid", {"hex": read.hex})
        case Decimal():
            return _typed("decimal", str(read))
        case _:  # +00:00 and not Z, which Python reads since 3.11 alone
            return _typed(kind, read.isoformat())


def _typed(kind: str, value: Any) -> dict[str, Any]:
    return {"__type__": kind, "__value__": value}


def _read(kind: str, value: Any) -> Any:
    match kind, value:
        case "bytes", str():
            return decoded(value)
        case (_, str()) | ("decimal", int() | float()):
            return _reader(kind).validate_python(value)
        case _:
            raise ValueError("another type of JSON")


def _reads(kind: str, value: Any) -> bool:
    if kind != "bytes" and kind not in _CLASSES:  # of another version
        return True
    with suppress(ValueError):
        _read(kind, value)
        return True
    return False


@cache
def _reader(kind: str) -> SchemaValidator:
    return exact_validator(TypeAdapter(_CLASSES[kind]).core_schema)


def _sentence(kind: str) -> str:
    return "should be base64 (RFC 4648 §4)" if kind == "bytes" else f"should be a {kind}"


def _plain_object(value: dict[str, Any]) -> Any:
    """The JSON value of what kombu would read; what it would not read is the user's own."""
    if value.keys() == TYPED_VALUE:
        with suppress(
            ValueError, TypeError, ArithmeticError, AttributeError
        ):  # AttributeError: of UUID(hex=1)
            return _from_kombu(value["__type__"], value["__value__"])
    return value


def _from_kombu(kind: Any, value: Any) -> str:
    match kind, value:
        case (("datetime" | "time" | "decimal"), str()):
            _READ_BY_KOMBU[kind](value)
            text = value
        case "date", str():
            text = datetime.fromisoformat(value).date().isoformat()
        case "uuid", dict():
            text = str(UUID(**value))
        case "bytes", str():
            text = base64.b64encode(value.encode()).decode()
        case "base64", str():
            text = base64.b64encode(base64.b64decode(value.encode())).decode()
        case _:
            raise ValueError("none of kombu's types")
    return text
