"""Inputs arrive as the types of the hints, and results leave as JSON."""

import base64
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.support.door import document, ended, run, submit

PERSON: dict[str, Any] = {
    "name": "Ada",
    "born": "1815-12-10",
    "address": {"street": "St James", "since": "1835-07-08"},
    "photo": "AP8=",
    "tags": ["poet"],
    "levels": {"2": "g"},
}
# For each parameter of `types_of`: the JSON that is sent, and the types that the function must get.
ARGUMENTS: dict[str, tuple[object, str]] = {
    "number": (2**70, "int"),
    "ratio": (1, "float"),
    "flag": (True, "bool"),
    "text": ("☃", "str"),
    "nothing": (None, "NoneType"),
    "raw": ("AP8=", "bytes"),
    "day": ("2026-05-01", "date"),
    "moment": ("2026-05-01T12:00:00+02:00", "datetime"),
    "clock": ("12:30:00", "time"),
    "duration": ("PT1H30M", "timedelta"),
    "amount": ("0.10", "Decimal"),
    "key": ("0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52", "UUID"),
    "path": ("/srv/shop", "PurePath"),
    "colour": ("g", "Colour"),
    "level": (2, "Level"),
    "size": ("small", "Size"),
    "letter": ("b", "str"),
    "person": (PERSON, "Person(date, Address(date), bytes, dict(Level: Colour))"),
    "point": ({"x": 1.5, "y": -2}, "Point"),
    "span": ([1, 9], "Span(int, int)"),
    "people": (
        [PERSON, {**PERSON, "photo": None, "levels": {}}],
        "list(Person(date, Address(date), bytes, dict(Level: Colour)), Person(date, Address(date), NoneType, dict()))",
    ),
    "pair": ([7, "2026-05-01"], "tuple(int, date)"),
    "unique": (["2026-05-01", "2026-05-01"], "frozenset(date)"),
    "table": ({"a": "AP8="}, "dict(str: bytes)"),
    "many_bytes": (["", "AP8="], "list(bytes, bytes)"),
    "either": ("2026-05-01", "date"),
    "perhaps": ("AP8=", "bytes"),
    "anything": ([1, {"a": None}], "list(int, dict(str: NoneType))"),
}


def test_every_type_arrives_as_itself(client: httpx.Client) -> None:
    task = run(client, "types_of", **{name: sent for name, (sent, _) in ARGUMENTS.items()})
    assert task["result"] == {name: expected for name, (_, expected) in ARGUMENTS.items()}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("number", "1"),
        ("number", 1.0),
        ("ratio", "1"),
        ("flag", 1),
        ("text", 1),
        ("nothing", 0),
        ("raw", "no base64!"),
        ("raw", [0, 255]),
        ("day", "2026-02-30"),
        ("day", 20_000),
        ("moment", "2026-05-01T25:00:00Z"),
        ("moment", 1_700_000_000),
        ("duration", "an hour"),
        ("amount", "much"),
        ("amount", "NaN"),
        ("key", "0d9cbd4e"),
        ("colour", "GREEN"),
        ("level", "2"),
        ("size", "SMALL"),
        ("letter", "c"),
        ("person", {**PERSON, "address": None}),
        ("person", {**PERSON, "born": "10.12.1815"}),
        ("person", {**PERSON, "photo": "?"}),
        ("person", [PERSON]),
        ("point", {"x": 1}),
        ("span", [1]),
        ("people", PERSON),
        ("pair", [7]),
        ("pair", [7, "2026-05-01", 8]),
        ("table", {"a": 1}),
        ("many_bytes", "AP8="),
        ("either", "soon"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_place_where_it_stands(
    client: httpx.Client, name: str, wrong: object
) -> None:
    arguments = {name: sent for name, (sent, _) in ARGUMENTS.items()} | {name: wrong}
    response = client.post("/types_of", json=arguments)
    assert response.status_code == 422
    assert {error["pointer"].split("/")[1] for error in document(response)["errors"]} == {name}


GUESSES: list[tuple[str, object]] = [
    *(("moment", text) for text in ("1777636800", "12", "-1", "1.5", "20260501", "2026-05-01_12:00:00")),
    *(("day", text) for text in ("1777593600", "20260501", "2026-05-01T00:00:00")),
    *(("clock", text) for text in ("45000", "12")),
    *(("duration", text) for text in ("12:30", "1 day", "1d", "P1M", "P1Y2M", "P", "PT", "90", " PT1H")),
    *(("amount", text) for text in (" 1 ", "1_000", "Infinity", "\u0661", True)),
    *(
        ("key", text)
        for text in ("0d9cbd4e5b6f4c3e9d0a3f1c5f1f8a52", "{0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52}")
    ),
    *(("raw", text) for text in ("QUI==", "QQ", "Q Q=")),
    *(("level", value) for value in (True, 1.0, 3, "1")),
    *(("grade", value) for value in (True, 1.0, 0, "1")),
    *(("one", value) for value in (True, 1.0, "1")),
    *(("yes", value) for value in (1, 1.0, "true")),
    *(("by_int", {key: 1}) for key in ("01", "1.0", " 1", "+1")),
    *(("by_float", {key: 1}) for key in ("01", " 1", "inf", "1_0")),
    *(("by_bool", {key: 1}) for key in ("1", "yes", "True")),
    *(("by_level", {key: 1}) for key in ("01", "1.0", "3")),
    ("by_day", {"1777593600": 1}),
    ("by_amount", {" 1": 1}),
    ("span", ["1", "2"]),
    *(("deep", [{name: value}]) for name, value in (("moment", "1777636800"), ("level", True))),
]
TAKEN: dict[str, dict[object, str]] = {
    "moment": {
        "2026-05-01T12:00:00Z": "datetime.datetime(2026, 5, 1, 12, 0, tzinfo=TzInfo(0))",
        "2026-05-01 12:00": "datetime.datetime(2026, 5, 1, 12, 0)",
        "2026-05-01t12:00:00.5+0200": "datetime.datetime(2026, 5, 1, 12, 0, 0, 500000, tzinfo=TzInfo(7200))",
    },
    "duration": {
        "-P1D": "datetime.timedelta(days=-1)",
        "P1W": "datetime.timedelta(days=7)",
        "P1Y35D": "datetime.timedelta(days=400)",
        "PT1.5H": "datetime.timedelta(seconds=5400)",
    },
    "amount": {
        "1e3": "Decimal('1E+3')",
        "-0.10": "Decimal('-0.10')",
        0.1: "Decimal('0.1')",
        1: "Decimal('1')",
    },
    "key": {"0D9CBD4E-5B6F-4C3E-9D0A-3F1C5F1F8A52": "UUID('0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52')"},
    "grade": {1: "<Grade.FIRST: 1>", 0.5: "<Grade.HALF: 0.5>", False: "<Grade.NONE: False>"},
    "one": {1: "1", "b": "'b'"},
    "yes": {True: "True"},
    "day_or_text": {"1777593600": "'1777593600'", "2026-05-01": "datetime.date(2026, 5, 1)"},
}
KEYS = {
    "by_int": ("-10", "{-10: 1}"),
    "by_float": ("1.5e3", "{1500.0: 1}"),
    "by_bool": ("false", "{False: 1}"),
    "by_level": ("2", "{<Level.HIGH: 2>: 1}"),
    "by_day": ("2026-05-01", "{datetime.date(2026, 5, 1): 1}"),
    "by_amount": ("0.10", "{Decimal('0.10'): 1}"),
}


@pytest.mark.parametrize(("name", "value"), GUESSES, ids=str)
def test_nothing_is_guessed(client: httpx.Client, name: str, value: object) -> None:
    response = client.post("/guessable", json={name: value})
    assert response.status_code == 422, response.json()
    assert {error["pointer"].split("/")[1] for error in document(response)["errors"]} == {name}


def test_what_is_written_as_documented_is_taken(client: httpx.Client) -> None:
    taken = [(name, value, words) for name, values in TAKEN.items() for value, words in values.items()]
    taken += [(name, {key: 1}, words) for name, (key, words) in KEYS.items()]
    tasks = [submit(client, "guessable", **{name: value}) for name, value, _ in taken]
    assert [ended(client, task)["result"] for task in tasks] == [
        [f"{name}={words}"] for name, _, words in taken
    ]


def test_a_model_comes_back_as_it_went_in(client: httpx.Client) -> None:
    assert run(client, "give_back", person=PERSON)["result"] == PERSON


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xfe", bytes(range(256)) * 200], ids=len)
def test_bytes_come_back_as_they_went_in(client: httpx.Client, data: bytes) -> None:
    sent = base64.b64encode(data).decode()
    assert run(client, "give_back_bytes", data=sent)["result"] == {"data": sent, "length": len(data)}


def test_many_bytes_come_back_as_a_link(client: httpx.Client) -> None:
    data = bytes(range(256)) * 1_000
    result = run(client, "give_back_bytes", data=base64.b64encode(data).decode())["result"]
    assert (result["length"], result["data"]["size"]) == (len(data), len(data))
    assert client.get(result["data"]["href"], headers={"Accept": "*/*"}).content == data


def test_results_that_json_has_no_word_for_are_said_in_json(client: httpx.Client) -> None:
    assert run(client, "results_of_many_types")["result"] == [
        "2026-05-01",
        "2026-05-01T12:00:00+02:00",
        "PT1H30M",
        "0.10",
        "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10",
        "g",
        [7],
        {"x": 1.5, "y": -2.0},
        [1, 9],
        {**PERSON, "tags": [], "levels": {}},
    ]


def test_a_parameter_that_is_left_out_has_its_default(client: httpx.Client) -> None:
    assert run(client, "with_defaults")["result"] == [
        "int 3",
        "date datetime.date(2026, 5, 1)",
        "Colour <Colour.RED: 'r'>",
        "bytes b'\\x00'",
        "NoneType None",
    ]


def test_a_parameter_that_is_given_has_no_default(client: httpx.Client) -> None:
    task = run(client, "with_defaults", count=10, day="2020-02-29", colour="g", raw="/w==", person=PERSON)
    assert task["result"][:4] == [
        "int 10",
        "date datetime.date(2020, 2, 29)",
        "Colour <Colour.GREEN: 'g'>",
        "bytes b'\\xff'",
    ]
    assert task["result"][4].startswith("Person Person(name='Ada', born=datetime.date(1815, 12, 10)")


@pytest.mark.parametrize("count", [0, 11])
def test_a_value_out_of_bounds_is_refused(client: httpx.Client, count: int) -> None:
    response = client.post("/with_defaults", json={"count": count})
    assert response.status_code == 422
    assert document(response)["errors"][0]["pointer"] == "/count"


def test_a_task_and_its_parameters_may_have_names_that_pydantic_uses_itself(client: httpx.Client) -> None:
    assert run(client, "json", copy=1, validate=True)["result"] == [1, "s", True]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_thumbnail_is_a_smaller_picture_of_the_same_kind(client: httpx.Client, kind: str) -> None:
    task = run(client, "thumbnail", image=picture(kind, 400, 300), width=100)
    with Image.open(BytesIO(base64.b64decode(task["result"]))) as small:
        assert (small.format, small.size) == (kind, (100, 75))
        red, green, blue = small.convert("RGB").getpixel((50, 37)) or (0, 0, 0)  # type: ignore[misc]  # an RGB pixel
    assert red > 200
    assert max(green, blue) < 60


def test_a_thumbnail_of_the_flattest_picture_is_still_one_pixel_high(client: httpx.Client) -> None:
    task = run(client, "thumbnail", image=picture("PNG", 3_000, 1), width=10)
    with Image.open(BytesIO(base64.b64decode(task["result"]))) as small:
        assert small.size == (10, 1)


@pytest.mark.parametrize(
    "image", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"GIF89a" + b"\0" * 20]
)
def test_a_thumbnail_of_no_picture_fails_and_says_so(client: httpx.Client, image: bytes) -> None:
    task = run(client, "thumbnail", image=base64.b64encode(image).decode())
    assert (task["state"], task["error"]["type"]) == ("failed", "UnidentifiedImageError")


def picture(kind: str, width: int, height: int) -> str:
    """A red picture, in base64."""
    file = BytesIO()
    Image.new("RGB", (width, height), (230, 20, 20)).save(file, format=kind)
    return base64.b64encode(file.getvalue()).decode()
