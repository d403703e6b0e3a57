"""Tasks that tell which types they got, and that give back what they got."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePath
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from celeriac import Base64Bytes, task


class Colour(Enum):
    """By value, not by name."""

    RED = "r"
    GREEN = "g"


class Level(IntEnum):
    """Numbers."""

    LOW = 1
    HIGH = 2


class Size(StrEnum):
    """Text."""

    SMALL = "small"
    LARGE = "large"


class Grade(Enum):
    """Numbers and truth."""

    FIRST = 1
    HALF = 0.5
    NONE = False


class Deep(BaseModel):
    """A model whose fields pydantic could guess."""

    moment: datetime | None = None
    level: Level = Level.LOW


class Address(BaseModel):
    """A model in a model."""

    street: str
    since: date


class Person(BaseModel):
    """A model with all sorts of fields."""

    name: str
    born: date
    address: Address
    photo: Base64Bytes | None = None
    tags: set[str] = set()
    levels: dict[Level, Colour] = {}


@dataclass
class Point:
    """A dataclass."""

    x: float
    y: float


class Span(NamedTuple):
    """A named tuple."""

    first: int
    last: int


@task
def types_of(  # noqa: PLR0913, PLR0917 - one parameter for each type
    number: int,
    ratio: float,
    flag: bool,  # noqa: FBT001 - a type like any other
    text: str,
    nothing: None,
    raw: bytes,
    day: date,
    moment: datetime,
    clock: time,
    duration: timedelta,
    amount: Decimal,
    key: UUID,
    path: PurePath,
    colour: Colour,
    level: Level,
    size: Size,
    letter: Literal["a", "b"],
    person: Person,
    point: Point,
    span: Span,
    people: list[Person],
    pair: tuple[int, date],
    unique: frozenset[date],
    table: dict[str, bytes],
    many_bytes: list[bytes],
    either: int | date,
    perhaps: bytes | None,
    anything: Any,
) -> dict[str, str]:
    """Say the type of each argument, and of what is in it."""
    return {name: type_of(value) for name, value in locals().items()}


def type_of(value: object) -> str:
    """The type's name, with those of what it holds in brackets."""
    match value:
        case Person():
            return f"Person({type_of(value.born)}, {type_of(value.address)}, {type_of(value.photo)}, {type_of(value.levels)})"
        case Address():
            return f"Address({type_of(value.since)})"
        case dict():
            return f"dict({', '.join(f'{type_of(name)}: {type_of(item)}' for name, item in value.items())})"
        case list() | tuple() | set() | frozenset():
            return f"{type(value).__name__}({', '.join(map(type_of, value))})"
        case PurePath():
            return "PurePath"
        case _:
            return type(value).__name__


@task
def guessable(  # noqa: PLR0913, PLR0917 - one parameter for each type
    moment: datetime | None = None,
    day: date | None = None,
    clock: time | None = None,
    duration: timedelta | None = None,
    amount: Decimal | None = None,
    key: UUID | None = None,
    raw: bytes | None = None,
    level: Level | None = None,
    grade: Grade | None = None,
    one: Literal[1, "b"] | None = None,
    yes: Literal[True] | None = None,
    day_or_text: date | str | None = None,
    by_int: dict[int, int] | None = None,
    by_float: dict[float, int] | None = None,
    by_bool: dict[bool, int] | None = None,
    by_level: dict[Level, int] | None = None,
    by_day: dict[date, int] | None = None,
    by_amount: dict[Decimal, int] | None = None,
    span: Span | None = None,
    deep: list[Deep] | None = None,
) -> list[str]:
    """Say what was given, in Python's words."""
    return [f"{name}={value!r}" for name, value in locals().items() if value is not None]


@task
def give_back(person: Person) -> Person:
    """The person that came in."""
    return person


@task
def give_back_anything(value: Any) -> Any:
    """The value that came in."""
    return value


@task
def give_back_numbers(value: list[int]) -> list[int]:
    """Return a list of numbers."""
    return value


@task
def give_back_bytes(data: bytes) -> dict[str, bytes | int]:
    """The bytes that came in, and how many they are."""
    return {"data": data, "length": len(data)}


@task
def results_of_many_types() -> tuple[
    date, datetime, timedelta, Decimal, UUID, Colour, set[int], Point, Span, Person
]:
    """One result of each type that JSON has no word for."""
    person = Person(
        name="Ada", born=date(1815, 12, 10), address=Address(street="St James", since=date(1835, 7, 8))
    )
    return (
        date(2026, 5, 1),
        datetime.fromisoformat("2026-05-01T12:00:00+02:00"),
        timedelta(hours=1, minutes=30),
        Decimal("0.10"),
        UUID("6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"),
        Colour.GREEN,
        {7},
        Point(1.5, -2),
        Span(1, 9),
        person.model_copy(update={"photo": b"\x00\xff"}),
    )


@task
def with_defaults(
    count: Annotated[int, Field(ge=1, le=10)] = 3,
    day: date = date(2026, 5, 1),
    colour: Colour = Colour.RED,
    raw: bytes = b"\x00",
    *,
    person: Person | None = None,
) -> list[str]:
    """Say each argument's type and value."""
    return [f"{type(value).__name__} {value!r}" for value in (count, day, colour, raw, person)]


@task
def constrained(
    name: Annotated[str, Field(min_length=2, max_length=5, pattern="^[a-z]+$")],
    even: Annotated[int, Field(multiple_of=2, gt=0)],
    few: Annotated[list[int], Field(max_length=3)] = [],  # noqa: B006 - a default of a task is copied for each
) -> None:
    """Take nothing that does not fit."""


@task
def json(copy: int, schema: str = "s", validate: bool = False) -> list[object]:  # noqa: FBT001, FBT002 - as above
    """Parameters, and a name, that pydantic and Python use for themselves."""
    return [copy, schema, validate]
