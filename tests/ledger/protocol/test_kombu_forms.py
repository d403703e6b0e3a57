"""Six Python types as kombu's JSON has them: written by a schema, and made plain."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kombu.utils.json import dumps, loads
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from celeriac.ledger.protocol.kombu_forms import NotWritable, plain, plain_text, read_plain, typed, typed_text

MOMENT = {"type": "string", "format": "date-time", "x-python": "datetime"}
DAY = {"type": "string", "format": "date", "x-python": "date"}
CLOCK = {"type": "string", "format": "time", "x-python": "time"}
DECIMAL = {"anyOf": [{"type": "number"}, {"type": "string", "format": "decimal"}], "x-python": "decimal"}
ID = {"type": "string", "format": "uuid", "x-python": "uuid"}
BYTES = {"type": "string", "contentEncoding": "base64", "x-python": "bytes"}
DURATION = {"type": "string", "format": "duration", "x-python": "timedelta"}
TEXT = {"type": "string"}
NULL = {"type": "null"}
UUID_TEXT = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

READ: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "a moment by Z": (MOMENT, "2026-05-01T12:00:00Z", NOON),
    "a moment by offset": (
        MOMENT,
        "2026-05-01T14:00:00+02:00",
        NOON.astimezone(timezone(timedelta(hours=2))),
    ),
    "a moment without an offset": (MOMENT, "2026-05-01 12:00", datetime(2026, 5, 1, 12)),  # noqa: DTZ001 - what was sent
    "a day": (DAY, "2026-05-01", date(2026, 5, 1)),
    "a time": (CLOCK, "12:30:00", time(12, 30)),
    "a decimal as text": (DECIMAL, "0.10", Decimal("0.10")),
    "a decimal as a number": (DECIMAL, 0.1, Decimal("0.1")),
    "a decimal as an integer": (DECIMAL, 10**30, Decimal(10**30)),
    "a UUID": (ID, UUID_TEXT, UUID(UUID_TEXT)),
    "bytes": (BYTES, "aGk=", b"hi"),
    "bytes that are no text": (BYTES, "/w==", b"\xff"),
    "null beside a moment": ({"anyOf": [MOMENT, NULL]}, None, None),
    "a moment beside null": ({"anyOf": [MOMENT, NULL]}, "2026-05-01T12:00:00Z", NOON),
    "a day before text": ({"anyOf": [DAY, TEXT]}, "2026-05-01", date(2026, 5, 1)),
    "text after a day": ({"anyOf": [DAY, TEXT]}, "1 May", "1 May"),
    "text before a day": ({"anyOf": [TEXT, DAY]}, "2026-05-01", "2026-05-01"),
    "bytes after a UUID": ({"anyOf": [ID, BYTES]}, "aGk=", b"hi"),
    "a duration before a moment": ({"anyOf": [DURATION, MOMENT]}, "PT1H", "PT1H"),
    "a moment after a duration": ({"anyOf": [DURATION, MOMENT]}, "2026-05-01T12:00:00Z", NOON),
    "a list": ({"type": "array", "items": ID}, [UUID_TEXT], [UUID(UUID_TEXT)]),
    "a tuple": ({"prefixItems": [TEXT, DAY], "items": False}, ["a", "2026-05-01"], ["a", date(2026, 5, 1)]),
    "other members": ({"additionalProperties": DAY}, {"x": "2026-05-01"}, {"x": date(2026, 5, 1)}),
    "an unmarked format": ({"type": "string", "format": "date"}, "2026-05-01", "2026-05-01"),
    "a mark of another version": ({"type": "string", "x-python": "money"}, "1", "1"),
    "a mark of another version in a union": (
        {"anyOf": [{"type": "string", "x-python": "money"}, NULL]},
        "1",
        "1",
    ),
    "the user's own object": ({}, {"__type__": "order", "more": 1}, {"__type__": "order", "more": 1}),
}


@pytest.mark.parametrize(("schema", "value", "read"), READ.values(), ids=READ)
def test_a_task_reads_a_marked_value_as_its_object(schema: dict[str, Any], value: Any, read: Any) -> None:
    arrived = loads(json.dumps(typed(value, schema)))
    assert (arrived, type(arrived)) == (read, type(read))


class Line(BaseModel):
    """One of an order's lines, which may have lines of its own."""

    sku: UUID
    price: Decimal
    due: date | None = None
    parts: list["Line"] = []


class Marked(GenerateJsonSchema):
    """The marks that these tests need."""

    def uuid_schema(self, schema: Any) -> dict[str, Any]:
        """A UUID."""
        return {**super().uuid_schema(schema), "x-python": "uuid"}

    def date_schema(self, schema: Any) -> dict[str, Any]:
        """A day."""
        return {**super().date_schema(schema), "x-python": "date"}

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """A decimal."""
        return {**super().decimal_schema(schema), "x-python": "decimal"}


def test_a_model_that_contains_itself_is_written_as_deep_as_the_value_is() -> None:
    schema = TypeAdapter(list[Line]).json_schema(schema_generator=Marked)
    value = [
        {"sku": UUID_TEXT, "price": 1, "parts": [{"sku": UUID_TEXT, "price": "2.50", "due": "2026-05-01"}]}
    ]
    part = {"sku": UUID(UUID_TEXT), "price": Decimal("2.50"), "due": date(2026, 5, 1)}
    assert loads(json.dumps(typed(value, schema))) == [
        {"sku": UUID(UUID_TEXT), "price": Decimal(1), "parts": [part]}
    ]


def test_the_branch_is_the_first_that_fits_as_a_whole() -> None:
    def order(kind: str, **members: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"kind": {"const": kind}, **members},
            "required": ["kind", *members],
            "additionalProperties": False,
        }

    schema = {
        "oneOf": [order("paid", at=MOMENT), order("free", at=TEXT), {"$ref": "#/$defs/Due"}],
        "$defs": {"Due": order("due", at=DAY, of={"type": "integer", "minimum": 10})},
    }
    at = "2026-05-01"
    for value, read in (
        ({"kind": "free", "at": at}, at),
        ({"kind": "due", "at": at, "of": 10}, date(2026, 5, 1)),
        ({"kind": "due", "at": at, "of": 9}, at),  # fits no branch: nobody can say what it means
    ):
        assert loads(json.dumps(typed(value, schema))) == {**value, "at": read}


def test_what_is_not_of_its_type_is_refused_with_its_place() -> None:
    schema = {"properties": {"files": {"type": "array", "items": BYTES}, "at": MOMENT}}
    with pytest.raises(NotWritable, match="should be base64") as refused:
        typed({"files": ["aGk=", "aGk"]}, schema)
    assert refused.value.pointer == "/files/1"
    others: list[Any] = ["1777636800", 1777636800, "tomorrow", {"__type__": "datetime"}, [], True]
    for at in others:
        with pytest.raises(NotWritable, match=r"^/at should be a datetime"):
            typed({"at": at}, schema)


def test_a_schema_that_refers_to_itself_ends() -> None:
    endless = {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}, "B": {"$ref": "#/$defs/A"}},
    }
    assert typed([1], endless) == [1]
    twice = {
        "anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "array", "items": {"$ref": "#"}}, DAY]
    }
    deep: Any = 5
    for _ in range(32):
        deep = [deep]
    assert typed(deep, twice) == deep  # and not after 2**32 looks


def test_a_text_without_marks_or_forms_stays_the_same_text() -> None:
    assert typed_text(b'{ "x":1e2 }', {"properties": {"x": {"type": "number"}}}) == b'{ "x":1e2 }'
    assert typed_text(b'{ "x":1e2 }', {"properties": {"y": DAY}}) == b'{ "x":1e2 }'
    assert plain_text(b'{ "x":1e2 }') == b'{ "x":1e2 }'
    assert typed_text('{"y": "2026-05-01", "ü": 1}'.encode(), {"properties": {"y": DAY}}) == (
        '{"y": {"__type__": "date", "__value__": "2026-05-01"}, "ü": 1}'.encode()
    )


moments = st.datetimes(timezones=st.none() | st.just(UTC))
objects = st.one_of(
    moments,
    st.dates(),
    st.times(),
    st.decimals(),
    st.uuids(),
    st.binary(max_size=9),
    st.text(),
    st.integers(),
)
values = st.recursive(
    objects | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(values)
@example({"__type__": "x", "__value__": [b"\xff"]})
def test_what_a_task_returns_is_shown_as_json(value: Any) -> None:
    text = dumps(value)
    assert (
        json.loads(plain_text(text.encode())) == read_plain(text) == plain(json.loads(text)) == _shown(value)
    )


def _shown(value: Any) -> Any:
    """As pydantic writes these types, but for times, which kombu writes with their own offset."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case dict():
            return {name: _shown(member) for name, member in value.items()}
        case list():
            return [_shown(item) for item in value]
        case bytes():
            return TypeAdapter(bytes, config={"ser_json_bytes": "base64"}).dump_python(value, mode="json").replace("-", "+").replace("_", "/")  # fmt: skip
        case _:
            return TypeAdapter(Any).dump_python(value, mode="json")


OWN = [
    {"__type__": "order", "__value__": 1},
    {"__type__": "datetime", "__value__": "tomorrow"},
    {"__type__": "datetime", "__value__": 1},
    {"__type__": "date", "__value__": None},
    {"__type__": "decimal", "__value__": "a lot"},
    {"__type__": "decimal", "__value__": [0, [1], 2]},
    {"__type__": "uuid", "__value__": UUID_TEXT},
    {"__type__": "uuid", "__value__": {"hex": 1}},
    {"__type__": "uuid", "__value__": {"hex": "0", "what": 1}},
    {"__type__": "bytes", "__value__": 1},
    {"__type__": "base64", "__value__": {}},
    {"__type__": ["uuid"], "__value__": {}},
    {"__type__": "date", "__value__": "2026-05-01", "more": 1},
    {"__type__": "date"},
]


@pytest.mark.parametrize("value", OWN, ids=json.dumps)
def test_an_object_that_only_looks_like_a_form_stays(value: dict[str, Any]) -> None:
    assert plain(value) == value
    assert json.loads(plain_text(json.dumps(value).encode())) == value


@pytest.mark.parametrize("schema", [BYTES, {"anyOf": [BYTES, {"type": "null"}]}])
def test_a_large_file_in_the_store_has_no_form(schema: dict[str, Any]) -> None:
    blob = {"$blob": "0" * 64, "size": 2, "name": None, "content_type": None}
    with pytest.raises(NotWritable, match="/raw is a file larger than CELERIAC_INLINE_BYTES"):
        typed({"raw": blob}, {"type": "object", "properties": {"raw": schema}})
