"""Types of parameters, and values that tempt two judges to differ."""

import re
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import (
    UUID4,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FutureDatetime,
    HttpUrl,
    IPvAnyAddress,
    NaiveDatetime,
    PastDate,
    PostgresDsn,
    RootModel,
    SecretStr,
    StringConstraints,
)
from typing_extensions import TypedDict

from celeriac import Base64Bytes, File
from celeriac.files.accepts import Accepts


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
    TEXT = "x"


class Right(Flag):
    """What can be combined."""

    READ = 1
    WRITE = 2


@dataclass
class Point:
    """A dataclass."""

    x: float
    y: float = 0.0


class Span(NamedTuple):
    """A named tuple."""

    first: int
    last: int = 2


class Options(TypedDict, total=False):
    """A typed dictionary."""

    deep: bool
    at: datetime


class Strict(BaseModel):
    """It refuses unknown members."""

    model_config = ConfigDict(extra="forbid")

    a: int
    b: str | None = None


class Loose(BaseModel):
    """It ignores them."""

    at: datetime
    amount: Decimal = Decimal(1)
    tags: set[str] = set()
    by_level: dict[Level, Size] = {}


class Open(BaseModel):
    """It keeps them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]

    a: int = 1


class Renamed(BaseModel):
    """A member with another name."""

    a: int = Field(alias="A")


class Stripped(BaseModel):
    """Its configuration changes all texts."""

    model_config = ConfigDict(str_strip_whitespace=True, str_min_length=1, str_max_length=3)

    name: str


class Cat(BaseModel):
    """An alternative with a default tag."""

    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    """One with two tags."""

    kind: Literal["dog", "wolf"]
    inner: "Annotated[Cat | Dog, Field(discriminator='kind')] | None" = None


class One(BaseModel):
    """A tag that is a number."""

    kind: Literal[1]


class Two(BaseModel):
    """Likewise."""

    kind: Literal[2]


class Tree(BaseModel):
    """A model of itself."""

    value: int
    children: "list[Tree]" = []


class Numbers(RootModel[list[int]]):
    """A list that is a model."""


# By name: the type, and a valid value.
TYPES: dict[str, tuple[Any, Any]] = {
    "int": (int, 1),
    "int within bounds": (Annotated[int, Field(ge=1, lt=10, multiple_of=3)], 3),
    "float": (float, 1.5),
    "float within bounds": (Annotated[float, Field(gt=0.1, le=1e10)], 1.5),
    "float that is a multiple": (Annotated[float, Field(multiple_of=0.1)], 0.3),
    "bool": (bool, True),
    "str": (str, "x"),
    "str with a length": (Annotated[str, Field(min_length=2, max_length=3)], "☃☃"),
    "str with a pattern": (Annotated[str, Field(pattern="^a+$")], "aa"),
    "str with named groups": (Annotated[str, Field(pattern=r"^(?P<y>[0-9]{4})\b")], "2026"),
    "str of digits": (Annotated[str, Field(pattern=r"^\d+$")], "7"),
    "str without digits": (Annotated[str, Field(pattern=r"^\D+$")], "x"),
    "str without letters": (Annotated[str, Field(pattern=r"^\W+$")], "!"),
    "stripped str": (Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2)], " x "),
    "lower str": (Annotated[str, StringConstraints(to_lower=True, pattern="^a+$")], "aa"),
    "None": (None, None),
    "Any": (Any, {"a": [1]}),
    "bytes": (bytes, "AP8="),
    "short bytes": (Annotated[bytes, Accepts(most=2)], "AP8="),
    "File": (File, {"data": "AP8=", "name": "a.bin"}),
    "small picture": (Annotated[File | None, Accepts("image/*", most=4)], {"data": "AP8=", "content_type": "image/png"}),
    "date": (date, "2026-05-01"),
    "PastDate": (PastDate, "2020-05-01"),
    "late date": (Annotated[date, Field(gt=date(2026, 1, 1))], "2026-05-01"),
    "datetime": (datetime, "2026-05-01T12:00:00Z"),
    "AwareDatetime": (AwareDatetime, "2026-05-01T12:00:00Z"),
    "NaiveDatetime": (NaiveDatetime, "2026-05-01T12:00:00"),
    "FutureDatetime": (FutureDatetime, "2126-05-01T12:00:00Z"),
    "time": (time, "12:30:00"),
    "timedelta": (timedelta, "PT1H"),
    "short timedelta": (Annotated[timedelta, Field(lt=timedelta(hours=2))], "PT1H"),
    "Decimal": (Decimal, "0.10"),
    "Decimal of few digits": (Annotated[Decimal, Field(max_digits=3, decimal_places=1, ge=0)], "1.5"),
    "Fraction": (Fraction, "1/3"),
    "UUID": (UUID, "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"),
    "UUID4": (UUID4, "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"),
    "Path": (Path, "/a"),
    "Pattern": (re.Pattern[str], "a+"),
    "AnyUrl": (AnyUrl, "ftp://a.b/"),
    "HttpUrl": (HttpUrl, "http://a.b/"),
    "PostgresDsn": (PostgresDsn, "postgres://u:p@a/b"),
    "IPv4Address": (IPv4Address, "127.0.0.1"),
    "IPv6Network": (IPv6Network, "::/8"),
    "IPvAnyAddress": (IPvAnyAddress, "::1"),
    "SecretStr": (SecretStr, "x"),
    "IntEnum": (Level, 1),
    "StrEnum": (Size, "small"),
    "Enum": (Grade, 0.5),
    "Flag": (Right, 3),
    "Literal": (Literal["a", 1, True] | None, 1),
    "list": (list[int], [1, 2]),
    "list with a length": (Annotated[list[int], Field(min_length=1, max_length=2)], [1]),
    "set": (set[int], [1, 1]),
    "set with a length": (Annotated[frozenset[int], Field(min_length=2, max_length=3)], [1, 2]),
    "deque": (deque[date], ["2026-05-01"]),
    "tuple": (tuple[int, date], [1, "2026-05-01"]),
    "tuple of any length": (tuple[float, ...], [1, 1.5]),
    "named tuple": (Span, [1]),
    "dict": (dict[str, int], {"a": 1}),
    "dict with a length": (Annotated[dict[str, int], Field(min_length=1, max_length=1)], {"a": 1}),
    "OrderedDict": (OrderedDict[str, bytes], {"a": "AP8="}),
    "dict by int": (dict[int, int], {"1": 1}),
    "dict by bounded int": (dict[Annotated[int, Field(gt=0)], int], {"1": 1}),
    "dict by float": (dict[float, int], {"1.5": 1}),
    "dict by bool": (dict[bool, int], {"true": 1}),
    "dict by date": (dict[date, int], {"2026-05-01": 1}),
    "dict by Decimal": (dict[Decimal, int], {"0.1": 1}),
    "dict by UUID": (dict[UUID, int], {"0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52": 1}),
    "dict by IntEnum": (dict[Level, int], {"1": 1}),
    "dict by StrEnum": (dict[Size, int], {"small": 1}),
    "dict by Literal": (dict[Literal["a", 1], int], {"a": 1}),
    "dict by pattern": (dict[Annotated[str, Field(pattern="^a")], int], {"a": 1}),
    "dict by int or date": (dict[int | date, int], {"1": 1}),
    "model": (Strict, {"a": 1, "b": "x"}),
    "model of many": (Loose, {"at": "2026-05-01T12:00Z", "amount": "1", "tags": ["a"], "by_level": {"1": "small"}}),
    "open model": (Open, {"a": 1, "more": 2}),
    "renamed model": (Renamed, {"A": 1}),
    "stripped model": (Stripped, {"name": " x "}),
    "dataclass": (Point, {"x": 1, "y": 2.5}),
    "typed dictionary": (Options, {"deep": True, "at": "2026-05-01T12:00"}),
    "root model": (Numbers, [1]),
    "recursive model": (Tree, {"value": 1, "children": [{"value": 2}]}),
    "tagged union": (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "dog", "inner": {"kind": "cat"}}),
    "union tagged by numbers": (Annotated[One | Two, Field(discriminator="kind")], {"kind": 2}),
    "union": (int | Strict | list[date], {"a": 1}),
    "union of texts": (date | bytes | None, "2026-05-01"),
    "optional Decimal": (Decimal | None, None),
    "list of unions": (list[int | Strict | None], [1, {"a": 1}, None]),
    "model with bytes": (dict[str, Base64Bytes], {"a": "AP8="}),
}  # fmt: skip

# JSON texts, for those that Python cannot write.
VALUES: tuple[str, ...] = (
    *("0", "1", "2", "3", "-1", "7", "10", "1.0", "2.0", "1e0", "1E2", "-0", "-0.0", "0.3", "0.1", "1.5", "1e400"),
    *("9" * 20, "9" * 400, "-" + "9" * 309, "9" * 4_300, "1" + "0" * 308, "1e308", "5e-324"),
    *("true", "false", "null", "[]", "{}", "[1]", "[1,1]", "[1,2]", "[1,2,3]", "[1,2,3,4]", "[1.0]", "[null]"),
    *('""', '"x"', '"xx"', '" x "', '"   "', '"aaaa"', '"A"', '"☃☃"', '"b"', '"é"', '"\\ufeff"', '"\\u0661"'),
    *('"1"', '"1.0"', '"01"', '"true"', '"NaN"', '"Infinity"', '"1e3"', '" 1"', '"1_000"', '"12.345"', '"1/3"', '"1/0"'),
    *('"2026-05-01"', '"2026-02-30"', '"20260501"', '"1777593600"', '"0000-01-01"', '"9999-12-31"', '"2019-01-01"'),
    *('"2026-05-01T12:00:00Z"', '"2026-05-01T12:00"', '"2026-05-01 12:00:00"', '"2026-05-01t12:00:00.5+0200"'),
    *('"2026-05-01T12:00:60Z"', '"2026-05-01T25:00:00Z"', '"2126-01-01T00:00:00Z"', '"2026-05-01T12:00:00+24:00"'),
    *('"12:30:00"', '"12:30"', '"12:30:00Z"', '"25:00"', '"12:30:00.1234567"', '"45000"'),
    *('"PT1H"', '"P1D"', '"P1M"', '"1 day"', '"-PT1H"', '"PT1.5S"', '"P"', '"P1Y35D"', '"12:30"'),
    *('"0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"', '"0d9cbd4e5b6f4c3e9d0a3f1c5f1f8a52"'),
    *('"0d9cbd4e-5b6f-1c3e-9d0a-3f1c5f1f8a52"', '"{0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52}"'),
    *('"AP8="', '"AP8"', '"A==="', '"AP8=\\n"', '"_-=="', '"QUJD"', '"/9j/4A=="'),
    *('{"data":"AP8="}', '{"data":"AP8=","size":2}', '{"data":"AP8=","size":3}', '{"data":"x"}', '{"data":"AP8=","x":1}'),
    *('{"data":"AP8=","content_type":"image/png"}', '{"data":"AP8=","content_type":"text/plain"}', '{"data":7}'),
    *('{"$blob":"%s","size":2}' % ("0" * 64), '{"$result":"x"}'),
    *('"http://a.b/"', '"ftp://a.b/"', '"http://"', '"postgres://a/b"', '"a b"', '"http://a b/"', '"HTTP://A.B"'),
    *('"127.0.0.1"', '"127.0.0.1/8"', '"::1"', '"::/8"', '"127.1"', '"0127.0.0.1"', '"("', '"(?P<a>b)"'),
    *('"small"', '"SMALL"', '"a"', '"cat"'),
    *('{"a":1}', '{"a":1.0}', '{"a":"x"}', '{"a":1,"b":2}', '{"a":1,"b":null}', '{"a":1,"c":2}', '{"b":"x"}', '{"A":1}'),
    *('{"1":1}', '{"01":1}', '{"1.0":1}', '{"-1":1}', '{"3":1}', '{"true":1}', '{"yes":1}', '{"":1}', '{" 1":1}', '{"1e3":1}'),
    *('{"2026-05-01":1}', '{"1777593600":1}', '{"inf":1}', '{"NaN":1}', '{"small":1}', '{"b":1}', '{"0.1":1}', '{"x":{}}'),
    *('{"kind":"cat"}', '{"kind":"dog"}', '{"kind":"wolf","inner":{"kind":"x"}}', '{"kind":"cat","lives":"x"}', '{"lives":1}'),
    *('{"kind":1}', '{"kind":1.0}', '{"kind":"1"}', '{"kind":true}', '{"kind":2}', '{"kind":"dog","inner":{}}'),
    *('{"value":1}', '{"value":1,"children":[{"value":"x"}]}', '{"value":1,"children":[{"value":1,"children":[{}]}]}'),
    *('{"x":1}', '{"x":1,"y":"2"}', '{"x":1,"z":2}', '{"first":1}', '{"first":1,"last":2}', '{"first":"x"}', '{"first":1,"x":2}'),
    *('{"name":""}', '{"name":"   "}', '{"name":" abc "}', '{"name":"abcd"}', '{"deep":1}', '{"deep":true,"x":1}'),
    *('{"at":"2026-05-01T12:00Z"}', '{"at":"2026-05-01T12:00Z","tags":["a","a"]}', '{"at":7}', '{"at":"2026-05-01"}'),
    *('{"at":"2026-05-01T12:00Z","by_level":{"3":"small"}}', '{"at":"2026-05-01T12:00Z","amount":"x"}'),
)  # fmt: skip
