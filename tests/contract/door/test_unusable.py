"""A schema that cannot be enforced is refused; a hostile one costs no time."""

import json
import time
from typing import Any

import pytest

from celeriac_api.request.schema.enforced import UnusableSchema
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import InvalidInput, Problem

# Generous: what takes less is not quadratic, nor worse.
SECONDS = 5.0


def nested(levels: int) -> dict[str, Any]:
    """A schema in a schema, and so on."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def doubling(levels: int) -> dict[str, Any]:
    """Each level has two alternatives, which are the next one."""
    parts = {f"a{level}": {"anyOf": [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)}
    return {"$ref": "#/$defs/a0", "$defs": {**parts, f"a{levels}": {"type": "string"}}}


def parameter(schema: Any) -> dict[str, Any]:
    """The schema of an input with one parameter."""
    return {"type": "object", "properties": {"v": schema}}


# A schema, and what the sentence contains.
UNUSABLE: dict[str, tuple[Any, str]] = {
    "another document": ({"$ref": "http://127.0.0.1:1/x.json"}, "refers to"),
    "a file": ({"$ref": "file:///etc/passwd"}, "refers to"),
    "nothing": ({"$ref": "#/$defs/none"}, "is not in it"),
    "no text": ({"$ref": 7}, "refers to"),
    "an anchor": ({"$anchor": "a"}, "'$anchor'"),
    "a dynamic reference": ({"$dynamicRef": "#a"}, "'$dynamicRef'"),
    "a pattern of Python's": (parameter({"type": "string", "pattern": "a\\Z"}), "/properties/v/pattern is"),
    "a broken pattern": (parameter({"pattern": "("}), "("),
    "a pattern that grows": (parameter({"pattern": "((a{1000}){1000}){1000}"}), "a{1000}"),
    "no type": ({"type": "integr"}, "integr"),
    "a number for a type": ({"type": 7}, "7"),
    "a list for the properties": ({"properties": [1]}, "[1]"),
    "a number for the properties": ({"properties": 7}, "7"),
    "a number for a schema": (parameter(7), "7 is not a schema"),
    "a list": ([], "[] is not a schema"),
    "a text": ("x", '"x" is not a schema'),
    "items of an old draft": ({"items": [{"type": "string"}]}, "is not a schema"),
    "a negative length": ({"minLength": -1}, "-1"),
    "an unknown marker": (parameter({"x-exact": {"type": "model"}}), "model"),
    "a marker that is none": (parameter({"x-exact": 7}), "7"),
    "fields that are none": (parameter({"x-fields": 7}), "keyword"),
    "fields without items": (parameter({"x-fields": ["a"], "prefixItems": []}), "keyword"),
    "a broken limit of a file": (parameter({"x-celeriac-file": {"types": ["x"]}}), "x"),
    "tags that are none": ({"oneOf": [], "discriminator": {"propertyName": "a", "mapping": {"b": 7}}}, "7"),
    "101 levels": (nested(101), "100 levels"),
    "10,000 levels": (nested(10_000), "100 levels"),
    "30 levels that double": (doubling(30), "alternatives in alternatives"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_it_is_unusable_and_says_why(name: str) -> None:
    schema, words = UNUSABLE[name]
    with pytest.raises(UnusableSchema) as refusal:
        InputSchema(schema).require_usable()
    assert words in str(refusal.value)
    assert 10 < len(str(refusal.value)) < 500


# A schema, an input, and whether it is valid.
USABLE: dict[str, tuple[Any, Any, bool]] = {
    "an endless reference": ({"$ref": "#"}, 1, True),
    "an endless circle": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}},
        1,
        True,
    ),
    "an endless circle of alternatives": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}]}}},
        1,
        True,
    ),
    "groups that are named": (parameter({"pattern": "^(?P<n>a)$"}), {"v": "a"}, True),
    "a pattern that backtracks": (parameter({"pattern": "^(a+)+$"}), {"v": "a" * 5_000 + "b"}, False),
    "a pattern that looks ahead": (parameter({"pattern": "^(?=(a+)+$)a"}), {"v": "a" * 5_000 + "b"}, False),
    "a pattern that refers back": (parameter({"pattern": "(a|a)*\\1b"}), {"v": "a" * 5_000 + "c"}, False),
    "100,000 values once": (parameter({"uniqueItems": True}), {"v": list(range(100_000))}, True),
    "100,000 objects once": (
        parameter({"uniqueItems": True}),
        {"v": [{"a": n} for n in range(100_000)]},
        True,
    ),
    "200,000 wrong values": (parameter({"items": {"type": "string"}}), {"v": list(range(200_000))}, False),
    "a pointer that is encoded": (
        {"$ref": "#/$defs/a%20b~1c", "$defs": {"a b/c": {"type": "string"}}},
        1,
        False,
    ),
    "an old draft": ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"}, 1, False),
    "a definition of an old draft": (
        {"$ref": "#/definitions/a", "definitions": {"a": {"type": "string"}}},
        1,
        False,
    ),
    "100 levels": (nested(99), {"a": 1}, True),
    "true": (True, 1, True),
    "false": (False, 1, False),
}


@pytest.mark.parametrize("name", USABLE)
def test_it_is_judged_in_no_time(name: str) -> None:
    schema, value, is_valid = USABLE[name]
    raw = json.dumps(value).encode()
    began = time.monotonic()
    assert accepts(InputSchema(schema), raw) == is_valid
    assert time.monotonic() - began < SECONDS


def test_models_in_models_do_not_double_the_time() -> None:
    choice: dict[str, Any] = {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, {"type": "integer"}]}
    model = {"type": "object", "properties": {"left": choice, "right": choice}, "required": ["left"]}
    schema = InputSchema(
        {"$ref": "#/$defs/a", "$defs": {"a": model, "b": {**model, "required": ["left"], "minProperties": 1}}}
    )
    value: Any = "wrong"
    for _ in range(30):
        value = {"left": value, "right": 1}
    began = time.monotonic()
    with pytest.raises(InvalidInput) as refusal:
        schema.validate(json.dumps(value).encode())
    assert refusal.value.members["errors"]
    assert time.monotonic() - began < SECONDS


def test_models_in_models_with_tags_do_not_either() -> None:
    parts = {
        tag: {
            "type": "object",
            "properties": {"kind": {"const": tag}, "left": {"$ref": "#/$defs/any"}},
            "required": ["kind", "left"],
        }
        for tag in ("a", "b", "c")
    }
    mapping = {tag: f"#/$defs/{tag}" for tag in parts}
    union = {
        "oneOf": [{"$ref": part} for part in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    schema = InputSchema({"$ref": "#/$defs/any", "$defs": {**parts, "any": union}})
    value: Any = 1
    for _ in range(31):
        value = {"kind": "b", "left": value}
    with pytest.raises(InvalidInput) as refusal:
        schema.validate(json.dumps(value).encode())
    (error,) = refusal.value.members["errors"]
    assert error["pointer"] == "/left" * 31
    assert error["detail"].startswith("Input should be an object")


def accepts(schema: InputSchema, raw: bytes) -> bool:
    """Whether the input is valid."""
    try:
        schema.validate(raw)
    except Problem:
        return False
    return True
