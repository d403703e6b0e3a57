"""The model of a definition is asked where the schema does not say all."""

import json
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from celeriac.contract.signature import input_model, input_schema, is_checked_by_worker
from celeriac_api.request.schema.enforced import UnusableSchema
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import InvalidInput


def even(value: int) -> int:
    """A validator of a user's own."""
    if value % 2:
        raise ValueError("should be even")
    return value


def split(value: Any) -> Any:
    """One that accepts more than its type."""
    return value.split(",") if isinstance(value, str) else value


def guarded(x: Annotated[int, AfterValidator(even)], y: int = 0) -> None:
    """A parameter with a validator."""


def listed(
    words: Annotated[list[str], BeforeValidator(split, json_schema_input_type=str | list[str])],
) -> None:
    """One whose schema says what it accepts."""


class Python(BaseModel):
    """A pattern that no JSON Schema has."""

    model_config = ConfigDict(regex_engine="python-re")

    word: Annotated[str, Field(pattern=r"^a(?<!b)+\Z")]


def schema_of(function: Any, **options: Any) -> InputSchema:
    """What the door judges by, with the model."""
    model = input_model(function)
    return InputSchema(input_schema(model), model=model, says_all=not is_checked_by_worker(model), **options)


def test_a_validator_of_the_user_s_own_refuses_at_the_door() -> None:
    schema = schema_of(guarded)
    schema.validate(b'{"x":2}')
    schema.fit(b'{"x":2}', at="/input")
    schema.fit_around(b'{"x":2,"y":{"$result":"a"}}', holes=[("y",)], at="/input")
    with pytest.raises(InvalidInput, match=r"^/x: Value error, should be even"):
        schema.validate(b'{"x":3}')
    with pytest.raises(InvalidInput, match=r"^/input/x: Value error, should be even"):
        schema.fit_around(b'{"x":3,"y":{"$result":"a"}}', holes=[("y",)], at="/input")


def test_what_the_schema_refuses_no_model_is_asked_about() -> None:
    with pytest.raises(InvalidInput, match=r"^/x: Input should be a valid integer"):
        schema_of(guarded).validate(b'{"x":"3"}')


def test_a_schema_that_says_all_is_asked_alone() -> None:
    refusing = create_model("Refusing", x=(Annotated[int, Field(gt=100)], ...))
    InputSchema({"properties": {"x": {"type": "integer"}}}, model=refusing).validate(b'{"x":1}')


def test_a_validator_may_say_in_the_schema_what_else_it_accepts() -> None:
    schema = schema_of(listed)
    for words in ("a,b", ["a", "b"]):
        schema.validate(json.dumps({"words": words}).encode())
    with pytest.raises(InvalidInput):
        schema.validate(b'{"words":7}')


def test_a_model_judges_alone_where_its_schema_is_unusable() -> None:
    document = Python.model_json_schema()
    with pytest.raises(UnusableSchema, match="regular expression"):
        InputSchema(document).require_usable()
    schema = InputSchema(document, model=Python)
    schema.validate(b'{"word":"a"}')
    for wrong in (b'{"word":"b"}', b'{"word":7}'):
        with pytest.raises(InvalidInput, match=r"^/word: "):
            schema.validate(wrong)


def test_without_a_model_an_unusable_schema_judges_nothing() -> None:
    with pytest.raises(UnusableSchema):
        InputSchema(Python.model_json_schema()).validate(b'{"word":"a"}')
