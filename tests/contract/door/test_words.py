"""A refusal says where and what, in the words of pydantic, and shows nothing hidden."""

import json
from typing import Any

import pytest

from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import InvalidInput, Problem
from tests.contract.door.judges import refusal

# By type and value: pointers and words.
WORDS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("int", "1.0", [("/v", "Input should be a valid integer")]),
    ("int", '"4"', [("/v", "Input should be a valid integer")]),
    ("int within bounds", "0", [("/v", "Input should be greater than or equal to 1")]),
    ("int within bounds", "12", [("/v", "Input should be less than 10")]),
    ("int within bounds", "4", [("/v", "Input should be a multiple of 3")]),
    ("float", "9" * 400, [("/v", "Input should be a finite number")]),
    ("str with a length", '""', [("/v", "String should have at least 2 characters")]),
    ("str with a pattern", '"b"', [("/v", "String should match pattern '^a+$'")]),
    ("None", "1", [("/v", "Input should be null")]),
    ("bytes", '"AP8"', [("/v", "Input should be base64 (RFC 4648 §4): Incorrect padding")]),
    ("File", "7", [("/v", 'Input should be base64 text, or an object with "data", "name" and "content_type"')]),
    ("small picture", '{"data":"AP8=","content_type":"text/plain"}', [("/v", "Input should be image/*, not text/plain")]),
    ("date", "7", [("/v", "Input should be a valid date")]),
    ("datetime", '"x"', [("/v", "Input should be a date and time by ISO 8601, such as 2026-05-01T12:00:00Z")]),
    ("AwareDatetime", '"2026-05-01T12:00"', [("/v", "Input should have timezone info")]),
    ("Decimal of few digits", '"12.345"', [("/v", "Decimal input should have no more than 3 digits in total")]),
    ("HttpUrl", '"ftp://a.b/"', [("/v", "URL scheme should be 'http' or 'https'")]),
    ("IntEnum", "true", [("/v", "Input should be 1 or 2")]),
    ("StrEnum", "7", [("/v", "Input should be 'small' or 'large'")]),
    ("list", "{}", [("/v", "Input should be a valid array")]),
    ("list", '[1,"x",null]', [("/v/1", "Input should be a valid integer"), ("/v/2", "Input should be a valid integer")]),
    ("list with a length", "[]", [("/v", "List should have at least 1 item after validation, not 0")]),
    ("tuple", "[1]", [("/v/1", "Field required")]),
    ("tuple", '[1,"2026-05-01",3]', [("/v", "Tuple should have at most 2 items after validation, not 3")]),
    ("dict", "[]", [("/v", "Input should be an object")]),
    ("dict by int", '{"x":1}', [("/v/x", "Input should be a valid integer, unable to parse string as an integer")]),
    ("dict by StrEnum", '{"a/b":1}', [("/v/a~1b", "Input should be 'small' or 'large'")]),
    ("model", '{"b":1,"c":2}', [
        ("/v/a", "Field required"), ("/v/b", "Input should be a valid string"), ("/v/c", "Extra inputs are not permitted"),
    ]),
    ("union", "true", [
        ("/v", "Input should be a valid integer"), ("/v", "Input should be an object"), ("/v", "Input should be a valid array"),
    ]),
    ("union", '{"a":"x"}', [
        ("/v", "Input should be a valid integer"), ("/v/a", "Input should be a valid integer"), ("/v", "Input should be a valid array"),
    ]),
    ("optional Decimal", '"x"', [("/v", "Input should be a finite decimal number, such as 0.10")]),
    ("tagged union", '{"kind":"cow"}', [
        ("/v", "Input tag 'cow' found using 'kind' does not match any of the expected tags: 'cat', 'dog', 'wolf'"),
    ]),
    ("tagged union", "{}", [("/v", "Unable to extract tag using discriminator 'kind'")]),
    ("tagged union", '{"kind":"cat","lives":"9"}', [("/v/lives", "Input should be a valid integer")]),
    ("recursive model", '{"value":1,"children":[{"value":"x"}]}', [("/v/children/0/value", "Input should be a valid integer")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), WORDS, ids=range(len(WORDS)))
def test_each_wrong_value_is_named(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    problem = refusal(name, b'{"v":%b}' % text.encode())
    assert problem is not None
    errors = problem.members["errors"]
    assert [(error["pointer"], error["detail"].rpartition(" (given: ")[0]) for error in errors] == expected


def test_parameters_are_named_in_their_order() -> None:
    schema = {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in "cab"},
        "required": ["a", "b", "c"],
        "additionalProperties": False,
    }
    problem = judged(InputSchema(schema), b'{"z":1,"a":"x"}')
    assert [error["pointer"] for error in problem.members["errors"]] == ["/c", "/a", "/b", "/z"]
    assert problem.detail.startswith('/c: Field required (given: {"z": 1, "a": "x"}) (3 more in `errors`)')


def test_a_thousand_are_counted_and_twenty_listed() -> None:
    schema = {"type": "object", "properties": {"v": {"items": {"type": "string"}}}}
    problem = judged(InputSchema(schema), json.dumps({"v": [*range(5_000)]}).encode())
    assert len(problem.members["errors"]) == 20
    assert "999 or more; `errors` lists 19 of them" in problem.detail


SECRETS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "user": {"type": "string"},
        "card": {
            "oneOf": [{"$ref": "#/$defs/Card"}],
            "discriminator": {"propertyName": "kind", "mapping": {"visa": "#/$defs/Card"}},
        },
        "password": {"type": "string", "minLength": 20},
    },
    "required": ["user", "card", "password"],
    "$defs": {"Card": {"type": "object", "properties": {"kind": {"const": "visa"}, "number": {"type": "string"}}}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"user": "a", "card": {"kind": "visa"}, "password": "s3cret"}, "/password"),
        ({"user": "a", "card": {"kind": "s3cret"}, "password": "s" * 20}, "/card"),
        ({"user": "a", "card": {"kind": "visa", "number": ["s3cret"]}, "password": "s" * 20}, "/card/number"),
        ({"card": {"kind": "visa", "number": "s3cret"}, "password": "s3cret" * 4}, "/user"),
    ],
    ids=["a value", "a tag", "a part", "the whole"],
)
def test_no_refusal_shows_what_is_hidden(body: dict[str, Any], pointer: str) -> None:
    schema = InputSchema(SECRETS, hidden=("card", "password"))
    problem = judged(schema, json.dumps(body).encode())
    assert [error["pointer"] for error in problem.members["errors"]] == [pointer]
    assert "s3cret" not in problem.detail + json.dumps(problem.members)
    assert "hidden" in problem.detail


@pytest.mark.parametrize(
    "part",
    [{"$result": "a"}, {"$result": "a", "pointer": "/x"}, {"$results": "b"}],
    ids=str,
)
def test_a_reference_may_be_anywhere(part: dict[str, Any]) -> None:
    item = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"enum": ["x"]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }
    schema = InputSchema(
        {
            "type": "object",
            "properties": {"v": {"type": "array", "items": {"anyOf": [item, {"type": "null"}]}}},
        }
    )
    fitting: list[Any] = [part, [part], [{"a": part, "b": "x"}], [{"a": part, "b": part}, None], [part, part]]
    for value in fitting:
        around(schema, value)
    for value, pointer in (
        ([part, 1], "/v/1"),
        ([{"a": part, "b": "y"}], "/v/0/b"),
        ([{"a": part}], "/v/0/b"),
    ):
        with pytest.raises(InvalidInput) as refused:
            around(schema, value)
        assert [error["pointer"] for error in refused.value.members["errors"]] == [pointer]


def around(schema: InputSchema, value: Any) -> None:
    """Judge an input with references."""
    schema.fit_around(json.dumps({"v": value}).encode(), holes=[], at="")


def judged(schema: InputSchema, raw: bytes) -> Problem:
    """Why an input is refused."""
    with pytest.raises(Problem) as refused:
        schema.validate(raw)
    return refused.value
