"""Markers in the schemas of inputs say what JSON Schema cannot express."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Flag, IntEnum, IntFlag
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    IPvAnyAddress,
    PastDate,
    SecretStr,
    StringConstraints,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from celeriac import Base64Bytes, File
from celeriac.contract.json_schema.markers import Marked, UnknownMarker, published
from celeriac.contract.signature import input_model, input_schema, is_checked_by_worker
from celeriac.files.accepts import Accepts


class Level(IntEnum):
    """Numbers."""

    LOW = 1
    HIGH = 2


class Right(Flag):
    """What can be combined."""

    READ = 1
    WRITE = 2


class Cat(BaseModel):
    """It has a tag with a default."""

    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    """Likewise."""

    kind: Literal["dog"] = "dog"


class Stripped(BaseModel):
    """Its configuration changes all texts."""

    model_config = ConfigDict(str_strip_whitespace=True, str_min_length=1)

    name: str


class Checked(BaseModel):
    """A field with a validator."""

    even: int

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        return value


class Ordered(BaseModel):
    """A model with a validator."""

    low: int
    high: int

    @model_validator(mode="after")
    def _is_ordered(self) -> "Ordered":
        return self


def function_of(hint: Any) -> Callable[..., None]:
    """A function with one parameter of this type."""

    def function(v: Any) -> None: ...

    function.__annotations__ = {"v": hint, "return": None}
    return function


def schema_of(hint: Any) -> dict[str, Any]:
    """The schema of such a parameter."""
    schema: dict[str, Any] = input_schema(input_model(function_of(hint)))["properties"]["v"]
    return schema


# A type, and what its schema has of these members.
MARKED: dict[str, tuple[Any, dict[str, Any]]] = {
    "date": (date, {"x-python": "date", "format": "date"}),
    "UUID": (UUID, {"x-python": "uuid", "format": "uuid"}),
    "UUID4": (UUID4, {"x-python": "uuid", "x-exact": {"type": "uuid", "version": 4}}),
    "bytes": (bytes, {"x-python": "bytes"}),
    "bytes with a limit": (Annotated[bytes, Accepts(most=3)], {"x-python": "bytes"}),
    "Decimal": (
        Annotated[Decimal, Field(gt=0, max_digits=4)],
        {"x-python": "decimal", "x-exact": {"type": "decimal", "gt": "0", "max_digits": 4}},
    ),
    "AwareDatetime": (
        AwareDatetime,
        {"x-python": "datetime", "x-exact": {"type": "datetime", "tz_constraint": "aware"}},
    ),
    "PastDate": (PastDate, {"x-python": "date", "x-exact": {"type": "date", "now_op": "past"}}),
    "a date after another": (
        Annotated[date, Field(gt=date(2026, 1, 1))],
        {"x-exact": {"type": "date", "gt": "2026-01-01"}},
    ),
    "HttpUrl": (
        HttpUrl,
        {"x-exact": {"type": "url", "max_length": 2083, "allowed_schemes": ["http", "https"]}},
    ),
    "text without blanks around it": (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern="^a")],
        {"x-exact": {"type": "str", "strip_whitespace": True, "min_length": 1, "pattern": "^a"}},
    ),
    "keys that are numbers": (dict[int, str], {"propertyNames": {"x-key": {"type": "int"}}}),
    "keys that are an enum": (dict[Level, str], {"propertyNames": {"enum": ["1", "2"]}}),
    "keys of several kinds": (
        dict[date | Literal["now"], str],
        {"propertyNames": {"anyOf": [{"x-key": {"type": "date"}}, {"enum": ["now"]}]}},
    ),
    "keys with a pattern": (
        dict[Annotated[str, Field(pattern="^a")], int],
        {"propertyNames": {"pattern": "^a"}, "patternProperties": {"^a": {"type": "integer"}}},
    ),
    "keys that are any text": (dict[str, int], {}),
    "set": (set[int], {"items": {"type": "integer"}}),
    "set with a least number": (
        Annotated[set[int], Field(min_length=2)],
        {"items": {"type": "integer"}, "uniqueItems": True},
    ),
}
MEMBERS = ("x-python", "x-exact", "x-key", "propertyNames", "patternProperties", "uniqueItems")


@pytest.mark.parametrize("name", MARKED)
def test_the_schema_says_what_pydantic_demands(name: str) -> None:
    hint, expected = MARKED[name]
    schema = schema_of(hint)
    assert {**schema, **expected} == schema
    assert {member for member in MEMBERS if member in schema} == {
        member for member in MEMBERS if member in expected
    } | ({"x-python"} if "x-python" in schema else set())


def test_files_are_not_marked_as_bytes() -> None:
    assert "x-python" not in json.dumps(schema_of(File))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (Right, {"enum": [0, 1, 2, 3]}),
        (Flag("Many", [f"f{place}" for place in range(8)]), {"minimum": 0, "maximum": 255}),
        (IntFlag("Kept", ["a"]), {"minimum": 0, "maximum": 2**63 - 1}),
    ],
    ids=["few", "many", "kept"],
)
def test_flags_are_numbers_that_can_be_combined(flags: Any, expected: dict[str, Any]) -> None:
    (schema,) = input_schema(input_model(function_of(flags)))["$defs"].values()
    assert {**schema, "type": "integer", **expected} == schema


def test_a_tag_must_be_there_also_if_it_has_a_default() -> None:
    schema = schema_of(Annotated[Cat | Dog, Field(discriminator="kind")])
    assert (schema["required"], len(schema["oneOf"])) == (["kind"], 2)


def test_the_configuration_of_a_model_counts() -> None:
    whole = input_schema(input_model(function_of(Stripped)))
    marker = whole["$defs"]["Stripped"]["properties"]["name"]["x-exact"]
    assert marker == {"type": "str", "strip_whitespace": True, "min_length": 1}


@pytest.mark.parametrize("name", MARKED)
def test_what_is_published_has_no_markers(name: str) -> None:
    hint, _ = MARKED[name]
    schema = input_schema(input_model(function_of(hint)))
    clean = published(schema)
    assert not any(marker in json.dumps(clean) for marker in ("x-python", "x-exact", "x-key"))
    assert clean["properties"].keys() == schema["properties"].keys()


def test_a_parameter_may_be_named_like_a_marker() -> None:
    schema = {"properties": {"x-python": {"type": "string", "x-python": "date"}}, "default": {"x-key": 1}}
    assert published(schema) == {"properties": {"x-python": {"type": "string"}}, "default": {"x-key": 1}}


PETS = Annotated[
    Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")], Discriminator(lambda value: value["kind"][0])
]


def test_alternatives_are_published_as_pydantic_writes_them() -> None:
    decimal = [{"format": "decimal", "type": kind} for kind in ("number", "string")]
    assert published(schema_of(Decimal | None))["anyOf"] == [*decimal, {"type": "null"}]


UNCHECKED = (
    int, Decimal, HttpUrl, IPv4Address, IPvAnyAddress, SecretStr, Path, Base64Bytes, File, bytes, set[int],
    Annotated[File, Accepts("image/*")], dict[Level, date], list[Stripped],
)  # fmt: skip
CHECKED = (
    Checked, Ordered, list[Ordered], dict[str, Checked | None], ByteSize, PETS,
    Annotated[int, AfterValidator(abs)], Annotated[int, BeforeValidator(abs)],
)  # fmt: skip


@pytest.mark.parametrize("hint", UNCHECKED, ids=range(len(UNCHECKED)))
def test_the_schema_says_all_of_a_type_without_validators(hint: Any) -> None:
    assert not is_checked_by_worker(input_model(function_of(hint)))


@pytest.mark.parametrize("hint", CHECKED, ids=range(len(CHECKED)))
def test_a_type_with_validators_is_checked_by_the_worker(hint: Any) -> None:
    assert is_checked_by_worker(input_model(function_of(hint)))


# A marker, whether it is of a name, a value that fits, and others that do not.
JUDGED: list[tuple[dict[str, Any], bool, object, list[object]]] = [
    ({"type": "decimal", "max_digits": 3}, False, "1.25", ["12.345", "NaN", "x", True, 12345]),
    ({"type": "date", "gt": "2026-01-01"}, False, "2026-01-02", ["2026-01-01", "20260102", 7]),
    ({"type": "datetime", "tz_constraint": "aware"}, False, "2026-01-02T00:00Z", ["2026-01-02T00:00"]),
    ({"type": "uuid", "version": 4}, False, "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52", ["0d9cbd4e"]),
    ({"type": "url", "allowed_schemes": ["http"]}, False, "http://a.b/", ["ftp://a.b/", "x"]),
    ({"type": "str", "strip_whitespace": True, "max_length": 2}, False, "  ab ", ["abc", 7]),
    ({"type": "int", "gt": 0}, True, "7", ["-1", "07", "1.0", "x"]),
    ({"type": "float"}, True, "1.5e3", ["inf", "1_0", "01"]),
    ({"type": "bool"}, True, "true", ["1", "yes"]),
    ({"type": "date"}, True, "2026-01-02", ["1777593600"]),
]


@pytest.mark.parametrize(("marker", "is_key", "fits", "others"), JUDGED, ids=str)
def test_a_marker_judges_as_a_worker_does(
    marker: dict[str, Any],
    is_key: bool,  # noqa: FBT001 - a column of the table
    fits: object,
    others: list[object],
) -> None:
    marked = Marked(marker, is_key=is_key)
    marked.check(fits)
    for other in others:
        with pytest.raises(ValidationError):
            marked.check(other)


@pytest.mark.parametrize(
    "marker",
    [
        None,
        7,
        {},
        {"type": []},
        {"type": "model"},
        {"type": "date", "function": "os.system"},
        {"type": "date", "gt": "soon"},
        {"type": "decimal", "max_digits": "many"},
        {"type": "str", "pattern": "("},
        {"type": "datetime", "tz_constraint": "x"},
    ],
    ids=str,
)
def test_what_is_no_marker_is_refused_with_a_sentence(marker: object) -> None:
    with pytest.raises(UnknownMarker) as refusal:
        Marked(marker, is_key=False)
    assert repr(marker) in str(refusal.value)
