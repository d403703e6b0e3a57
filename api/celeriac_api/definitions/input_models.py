"""The models of the definitions that this process has loaded."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Implementations
from celeriac.contract.definition import Definition
from celeriac_api.request.schema.enforced import UnusableSchema
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import Problem


class InputModels:
    """By definition. One that was announced, or comes from a file, has none."""

    def __init__(self, implementations: Implementations) -> None:
        """Those that this process has loaded."""
        self._loaded = {**implementations, **built_in()}

    def of(self, definition: Definition) -> type[BaseModel] | None:
        """The model of the inputs of this definition."""
        implementation = self._loaded.get(definition.name)
        if implementation is None or implementation.definition is not definition:
            return None
        return implementation.input_model

    def check_of(self, definition: Definition) -> Callable[[bytes], object]:
        """What raises `ValueError` for an input that is not valid for this definition."""
        model = self.of(definition)
        if model is not None:
            return partial(model.model_validate_json, strict=True)
        return partial(_check, InputSchema(definition.input_schema, hidden=definition.hidden))


def refusal_of(schema: dict[str, Any]) -> str | None:
    """Why no input can be judged by this schema; None if it can."""
    try:
        InputSchema(schema).require_usable()
    except UnusableSchema as unusable:
        return f"Its input schema cannot be used: {unusable}"
    return None


def _check(schema: InputSchema, input_json: bytes) -> None:
    try:
        schema.fit(input_json, at="")
    except Problem as refusal:
        raise ValueError(refusal.detail) from refusal
