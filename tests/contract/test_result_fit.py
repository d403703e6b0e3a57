"""A result that cannot fit into an input is found, and no other one is."""

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, NamedTuple, NotRequired
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    ValidationError,
    model_serializer,
    model_validator,
)
from typing_extensions import TypedDict

from celeriac import task
from celeriac.contract.fit.results import ResultFit
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.values.json.result_references import Path, part_at
from celeriac_worker.run.result import InvalidResult, json_values


class Colour(enum.StrEnum):
    """Text."""

    RED, GREEN = "red", "green"


class Size(enum.IntEnum):
    """Numbers."""

    SMALL, LARGE = 1, 2


class Rights(enum.Flag):
    """Flags, which can be combined."""

    READ, WRITE = 1, 2


class Guessing(enum.Enum):
    """It makes a member of every value."""

    ONE = 1

    @classmethod
    def _missing_(cls, _: object) -> "Guessing":
        return cls.ONE


class Point(BaseModel):
    """A model with a default."""

    x: int
    y: int = 0


class Tree(BaseModel):
    """A model that contains itself."""

    name: str
    children: "list[Tree]" = []


class Named(BaseModel):
    """A model whose field has two names."""

    model_config = ConfigDict(populate_by_name=True)
    name: str = Field(alias="fullName")


class ManyNames(BaseModel):
    """A model whose field has other names."""

    x: int = Field(validation_alias=AliasChoices("a", "b"))


class Closed(BaseModel):
    """A model without further members."""

    model_config = ConfigDict(extra="forbid")
    x: int


class Open(BaseModel):
    """A model with any further members."""

    model_config = ConfigDict(extra="allow")
    x: int


class Lenient(BaseModel):
    """A model that is also read from a number."""

    x: int

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return {"x": value} if isinstance(value, int) else value


class Disguised(BaseModel):
    """A model that is written as text."""

    x: int

    @model_serializer
    def _as_text(self):  # type: ignore[no-untyped-def]  # what it returns is not declared # noqa: ANN202
        return f"{self.x}"


class Pair(NamedTuple):
    """A named tuple."""

    x: int
    y: str


class Row(TypedDict):
    """A typed dictionary."""

    x: int
    y: NotRequired[str]


@dataclass
class Box:
    """A dataclass."""

    x: int


Numbers = RootModel[list[int]]
FromText = Annotated[int, BeforeValidator(lambda value: int(value) if isinstance(value, str) else value)]
AsText = Annotated[int, PlainSerializer(lambda value: f"{value}")]
AsDeclared = Annotated[int, PlainSerializer(str, return_type=str)]

# Types, and results of each.
SAMPLES: list[tuple[Any, list[Any]]] = [
    (int, [0, -1, 2**70, True]),
    (float, [1.5, 2, 3.0]),
    (str, ["", "red", "5", "2026-05-01", "AP8=", "1.5", Colour.RED]),
    (bool, [True]),
    (bytes, [b"\0\xff"]),
    (Decimal, [Decimal("1.5")]),
    (date, [date(2026, 5, 1)]),
    (datetime, [datetime(2026, 5, 1, tzinfo=UTC)]),
    (timedelta, [timedelta(hours=1.5)]),
    (UUID, [UUID(int=1)]),
    (Any, [None, 5, "red", [1], {"x": 1}]),
    (Literal["red", 1], ["red", 1]),
    (Literal["blue"], ["blue"]),
    (Colour, [Colour.RED]),
    (Size, [Size.SMALL]),
    (Rights, [Rights.READ | Rights.WRITE]),
    (Guessing, [Guessing.ONE]),
    (Point, [Point(x=1)]),
    (Tree, [Tree(name="red", children=[Tree(name="blue")])]),
    (Named, [Named(name="red")]),
    (ManyNames, [ManyNames(a=1)]),
    (Closed, [Closed(x=1)]),
    (Open, [Open(x=1), Open(x=1, name="red", children=[])]),
    (Lenient, [Lenient(x=1)]),
    (Disguised, [Disguised(x=1)]),
    (Row, [{"x": 1}, {"x": 1, "y": "red"}]),
    (Box, [Box(1)]),
    (Pair, [Pair(1, "red")]),
    (Numbers, [Numbers([1, 2])]),
    (FromText, [1]),
    (AsText, [1]),
    (AsDeclared, [1]),
    (Annotated[int, Field(ge=3)], [1, 5]),
    (list[int], [[], [1, 2]]),
    (dict[str, int], [{}, {"x": 1, "y": 2, "fullName": 3, "a": 4}]),
    (dict[int, str], [{1: "red", 0: "blue"}]),
    (dict[str, Any], [{"name": "red", "fullName": "blue", "b": 1}]),
    (Named | Point, [Named(name="red"), Point(x=1)]),
    (list[str | None] | None, [None, [None], ["red"]]),
    (tuple[int, str], [(1, "red")]),
    (tuple[int, ...], [(), (1, 2, 3)]),
    (set[int], [{1, 2}]),
]
TYPES = [hint for hint, _ in SAMPLES]
Sample = tuple[Any, Any]


def samples() -> st.SearchStrategy[Sample]:
    """Types made of others, with a result."""
    leaves = st.sampled_from([(hint, value) for hint, values in SAMPLES for value in values])
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            parts.map(lambda part: (GenericAlias(list, part[0]), [part[1], part[1]])),
            parts.map(lambda part: (GenericAlias(dict, (str, part[0])), {"x": part[1]})),
            parts.map(lambda part: (part[0] | None, part[1])),
            st.lists(parts, min_size=1, max_size=3).map(
                lambda some: (
                    GenericAlias(tuple, tuple(hint for hint, _ in some)),
                    tuple(value for _, value in some),
                )
            ),
            st.tuples(parts, parts).map(lambda both: (both[0][0] | both[1][0], both[0][1])),
        ),
        max_leaves=4,
    )


@cache
def consumer(hint: Any) -> Implementation:
    """A task with a parameter of this type."""
    return declared({"value": hint, "return": None})


@cache
def producer(hint: Any) -> Implementation:
    """A task with a result of this type."""
    return declared({"value": int, "return": hint})


def declared(annotations: dict[str, Any]) -> Implementation:
    """A task with these types."""

    def function(value: Any) -> Any:
        return value

    function.__annotations__ = annotations
    implementation = implementation_of(task(function))
    assert implementation is not None
    return implementation


DECLARED: dict[str, Implementation] = {}
FIT = ResultFit(DECLARED)


def misfit(result: Any, parameter: Any, pointer: str = "", *, at: Path = ("value",)) -> str | None:
    """What is wrong with such a result as such a parameter, or below it."""
    made, used = f"result {result}", f"parameter {parameter}"
    DECLARED.update({made: producer(result), used: consumer(parameter)})
    sentence = FIT.misfit(made, pointer, into=used, at=at, may_be_null=False)
    return sentence.replace(repr(made), "'made'") if sentence else None


def is_valid(parameter: Any, value: Any) -> bool:
    """Whether the worker takes this value."""
    try:
        consumer(parameter).input_model.model_validate_json(json.dumps({"value": value}), strict=True)
    except (ValidationError, ValueError):
        return False
    return True


def pointers(value: Any, pointer: str = "") -> list[str]:
    """Those to all parts of a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(below for name, part in parts for below in pointers(part, f"{pointer}/{name}"))]


def refused(result: Any, value: Any, parameters: Iterable[Any]) -> list[str]:
    """What is said of such a result, and of its parts, although they are valid for the parameter."""
    try:
        written = json_values(value, producer(result).output, most_bytes=10_000)
    except InvalidResult:
        return []
    return [
        f"{parameter} {pointer}: {sentence}"
        for parameter in parameters
        for pointer in pointers(written)
        if (sentence := misfit(result, parameter, pointer)) and is_valid(parameter, part_at(written, pointer))
    ]


def test_what_occurs_is_never_refused() -> None:
    every = [(result, value) for result, values in SAMPLES for value in values]
    assert [sentence for result, value in every for sentence in refused(result, value, TYPES)] == []


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(samples(), samples())
def test_nor_is_it_in_types_made_of_others(result: Sample, parameter: Sample) -> None:
    for value in (result[1], parameter[1]):
        assert refused(result[0], value, [parameter[0], result[0]]) == []


def test_most_pairs_of_types_that_exclude_each_other_are_known() -> None:
    plain = [int, str, bool, list[int], Point, Colour, UUID, bytes, tuple[int, str], Literal["blue"]]
    fitting = {(a, b) for a in plain for b in plain if a is not b and misfit(a, b) is None}
    texts = {(a, b) for a in (str, UUID, bytes) for b in (*(str, UUID, bytes), Colour, Literal["blue"])}
    assert fitting <= texts | {(b, a) for a, b in texts}


@pytest.mark.parametrize(
    ("result", "pointer", "parameter", "words"),
    [
        (str, "", int, "should be integer, and the result of 'made' is string"),
        (list[int], "", int, "should be integer, and the result of 'made' is array"),
        (list[int], "/0", str, "should be string, and the result of 'made' at '/0' is integer"),
        (
            int | None,
            "",
            str | list[str],
            "should be string or array, and the result of 'made' is integer or null",
        ),
        (Point, "/x", str, "at '/x' is integer"),
        (Point, "/z", int, "refers to a result of 'made', which has nothing at '/z'"),
        (int, "/z", Any, "has nothing at '/z'"),
        (tuple[int, str], "/2", int, "has nothing at '/2'"),
        (tuple[int, str], "", tuple[int, int], "should be array"),
        (tuple[int, str], "", tuple[int, str, int], "should be array"),
        (
            Colour,
            "",
            Literal["blue", "black"],
            "should be 'blue' or 'black', and the result of 'made' is 'red' or 'green'",
        ),
        (Point, "", Tree, "should be object (Tree), and the result of 'made' is object (Point)"),
        (Point, "", Box | Row | None, None),
        (Row, "", Tree, "object (Row)"),
        (Open, "", Tree, None),
        (Point, "/x", float, None),
        (float, "", int, None),
        (AsDeclared, "", int, "is string"),
        (dict[str, int], "/a", str, "is integer"),
        (str, "", bytes, None),
        (bytes, "", int, "the result of 'made' is string or object (large file)"),
        (bytes, "", Point, "object (large file)"),
        (bytes, "", dict[str, Any], None),
    ],
)
def test_what_cannot_fit_is_named(result: Any, pointer: str, parameter: Any, words: str | None) -> None:
    sentence = misfit(result, parameter, pointer)
    assert words in sentence if words and sentence else sentence == words, sentence


def test_a_reference_can_be_further_in() -> None:
    at: Path = ("value", "children", 0, "children", 3, "name")
    assert misfit(int, Tree, at=at) == "should be string, and the result of 'made' is integer"
    assert misfit(str, Tree, at=at) is None
    assert misfit(str, dict[str, list[int]] | None, at=("value", "a", 7))
    assert misfit(str, Any, at=("value", "a", 7)) is None


def test_in_place_of_a_result_there_may_be_null() -> None:
    fit = ResultFit({"made": producer(int), "used": consumer(str | None), "int": consumer(int)})
    assert fit.misfit("made", "", into="used", at=("value",), may_be_null=False)
    assert fit.misfit("made", "", into="used", at=("value",), may_be_null=True) is None
    assert fit.misfit("unknown", "", into="used", at=("value",), may_be_null=False) is None


def test_a_result_has_the_names_that_its_schema_has() -> None:
    implementation = producer(Named)
    written = json_values(Named(name="Ada"), implementation.output, most_bytes=100)
    (model,) = implementation.definition.output_schema["$defs"].values()
    assert written.keys() == model["properties"].keys() == {"fullName"}
