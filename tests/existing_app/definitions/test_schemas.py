"""What the hints of a task become."""

from typing import Any

import pytest

from celeriac.contract.definition import Definition
from celeriac_worker.existing_app.definitions.catalog import catalog_of
from tests.existing_app.definitions.shop import app

DEFINITIONS = {
    definition.name.removeprefix("tests.existing_app.definitions."): definition
    for definition in catalog_of(app).definitions
}

UUID = {"type": "string", "format": "uuid", "x-python": "uuid"}
DATE = {"type": "string", "format": "date", "x-python": "date"}
DATETIME = {"type": "string", "format": "date-time", "x-python": "datetime"}
DECIMAL = {
    "anyOf": [{"type": "number", "format": "decimal"}, {"type": "string", "format": "decimal"}],
    "x-exact": {"type": "decimal"},
    "x-python": "decimal",
}
INTEGER = {"type": "integer"}
NULL = {"type": "null"}
INPUTS: dict[str, tuple[dict[str, Any], list[str], Any]] = {
    "shop.untyped": ({"a": {}, "b": {"default": 3}, "c": {"default": None}}, ["a"], False),
    "shop.anything": ({"args": {"type": "array", "items": {}, "default": []}}, [], True),
    "shop.typed": (
        {
            "text": {"type": "string"},
            "number": INTEGER,
            "ratio": {"type": "number", "default": 0.5},
            "flag": {"type": "boolean", "default": False},
            "names": {"anyOf": [{"type": "array", "items": {"type": "string"}}, NULL], "default": None},
            "sizes": {
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/Size"},
                "propertyNames": {"x-key": {"type": "int"}},
                "default": {},
            },
        },
        ["text", "number"],
        False,
    ),
    "shop.objects": (
        {
            "at": DATETIME,
            "day": DATE,
            "clock": {"type": "string", "format": "time", "x-python": "time"},
            "price": DECIMAL,
            "order": UUID,
            "raw": {
                "type": "string",
                "contentEncoding": "base64",
                "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
                "x-python": "bytes",
                "default": "aGk=",
            },
            "later": {"anyOf": [DATETIME, NULL], "default": None},
            "days": {"type": "array", "items": DATE, "default": []},
        },
        ["at", "day", "clock", "price", "order"],
        False,
    ),
    "shop.bound": (
        {"x": INTEGER, "kind": {"type": "string", "enum": ["a", "b"], "default": "a"}},
        ["x"],
        False,
    ),
    "shop.retried": ({"url": {"type": "string"}}, ["url"], False),
    "shop.ordered": (
        {
            "order": {"$ref": "#/$defs/Order"},
            "positive": {"anyOf": [{"$ref": "#/$defs/Positive"}, NULL], "default": None},
            "note": {"type": "string", "default": ""},
        },
        ["order"],
        False,
    ),
    "shop.unconverted": (
        {
            "order": {"$ref": "#/$defs/Order"},
            "point": {"$ref": "#/$defs/Point"},
            "colour": {"$ref": "#/$defs/Colour", "default": "red"},
        },
        ["order", "point"],
        False,
    ),
    "shop.fast.logged": ({"x": INTEGER}, ["x"], False),
    "shop.shared": ({"x": INTEGER}, ["x"], False),
    "shop.exported": (
        {"table": {"type": "string"}, "rows": {"type": "integer", "default": 10}},
        ["table"],
        False,
    ),
    "shop.decorated": (
        {"x": INTEGER, "y": {"type": "integer", "minimum": 1, "description": "At least one.", "default": 1}},
        ["x"],
        False,
    ),
    "shop.positional": (
        {
            "a": INTEGER,
            "b": {"type": "integer", "default": 2},
            "rest": {"type": "array", "items": DATE, "default": []},
            "c": {"type": "string"},
        },
        ["a", "c"],
        DECIMAL,
    ),
}


def _bare(schema: Any) -> Any:
    """Without the titles, which pydantic makes of the names."""
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    if isinstance(schema, dict):
        return {name: _bare(part) for name, part in schema.items() if name != "title"}
    return schema


def definition(name: str) -> Definition:
    """Of one of the tasks in shop.py."""
    return DEFINITIONS[name]


@pytest.mark.parametrize("name", INPUTS)
def test_the_input_has_a_member_for_each_parameter(name: str) -> None:
    members, required, others = INPUTS[name]
    schema = definition(name).input_schema
    assert _bare(schema["properties"]) == members
    assert schema.get("required", []) == required
    assert _bare(schema["additionalProperties"]) == others
    assert schema["type"] == "object"


def test_a_model_is_described_by_its_fields_and_a_duration_in_it_is_text_where_celery_reads_it() -> None:
    wait = {"type": "string", "format": "duration", "default": "PT0S", "x-python": "timedelta"}
    order = {
        "id": UUID,
        "due": {"anyOf": [DATE, NULL], "default": None},
        "wait": wait,
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Order"}},
    }
    converted = _bare(definition("shop.ordered").input_schema["$defs"]["Order"]["properties"])
    assert converted == order
    unconverted = _bare(definition("shop.unconverted").input_schema["$defs"]["Order"]["properties"])
    assert unconverted == {
        **order,
        "wait": {"default": "PT0S", "description": "Any JSON: Celery's JSON has no form for timedelta."},
    }


def test_what_has_no_form_in_json_is_any_json_and_says_why() -> None:
    schema = definition("shop.odd").input_schema
    members, description = _bare(schema["properties"]), "description"
    for name, words in {
        "wait": "no form for timedelta",
        "thing": "no form for Odd",
        "unknown": "'Unknown' names nothing",
        "call": "no form for callable",
        "number": "no form for complex",
        "whatever": "'not even Python' names nothing",
    }.items():
        assert words in members[name].pop(description)
        assert members[name].keys() <= {"default"}
    assert "no form for Odd" in members["things"]["items"].pop(description)
    assert members["things"] == {"type": "array", "items": {}, "default": []}
    assert members["implicit"] == {"anyOf": [INTEGER, NULL], "default": None}
    assert members["sentinel"] == INTEGER
    assert members["nan"] == {"type": "number"}
    assert members["_private"] == {"type": "integer", "default": 1}
    assert members["model_config"] == {"type": "string", "default": ""}
    assert schema["required"] == ["wait", "thing", "unknown", "call"]


def test_the_result_is_what_its_hint_says_and_anything_without_one() -> None:
    results = {name: definition(name).output_schema for name in DEFINITIONS}
    assert results["shop.untyped"] == results["shop.anything"] == {}
    assert results["shop.bound"] == {"type": "null"}
    assert results["shop.objects"]["type"] == "string"
    assert results["shop.typed"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert results["shop.ordered"]["$ref"] == "#/$defs/Order"
    assert _bare(results["shop.unconverted"]["$defs"]["Point"]["properties"]) == {
        "x": {"type": "number"},
        "y": {"type": "number", "default": 0.0},
    }
    assert "no form for Odd" in results["shop.odd"]["description"]


def test_a_definition_survives_json() -> None:
    for each in DEFINITIONS.values():
        assert Definition.from_json(each.to_json()) == each
        assert each.refusal is None
