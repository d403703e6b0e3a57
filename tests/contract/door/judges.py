"""Asks the door and a worker's model whether an input is valid."""

from functools import cache
from typing import Any

from pydantic import BaseModel

from celeriac.contract.signature import input_model, input_schema
from celeriac_api.request.body import validate
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import Problem
from tests.contract.door.types import TYPES


@cache
def model_of(name: str) -> type[BaseModel]:
    """The model of a function with one parameter `v` of this type."""

    def function(v: Any) -> None: ...

    function.__annotations__ = {"v": TYPES[name][0], "return": None}
    return input_model(function)


@cache
def schema_of(name: str) -> InputSchema:
    """What the door judges by."""
    return InputSchema(input_schema(model_of(name)))


def door_accepts(name: str, raw: bytes) -> bool:
    """Whether the door accepts it, by the schema."""
    return refusal(name, raw) is None


def refusal(name: str, raw: bytes) -> Problem | None:
    """Why the door does not."""
    try:
        schema_of(name).validate(raw)
    except Problem as problem:
        return problem
    return None


def worker_accepts(name: str, raw: bytes) -> bool:
    """Whether it is JSON without surprises, and valid for the model."""
    try:
        validate(raw, model_of(name))
    except Problem:
        return False
    return True
