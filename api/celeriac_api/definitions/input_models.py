"""Judges the input of a definition by a model or by its schema."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import jsonschema_rs
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, from_json

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Implementations
from celeriac.contract.definition import Definition


class InputModel(Protocol):
    """What reads a JSON text strictly, or raises pydantic's `ValidationError`."""

    def model_validate_json(self, json_data: Any, *, strict: bool | None = None, context: Any = None) -> Any:
        """As pydantic's models do it."""


class InputModels:
    """The models of this process's own definitions, and the schemas of others, each made at its first use."""

    def __init__(self, implementations: Implementations) -> None:
        """Those that this process has loaded."""
        self._loaded: Mapping[str, Any] = {**implementations, **built_in()}

    def of(self, definition: Definition) -> type[BaseModel]:
        """What judges the input of this definition."""
        implementation = self._loaded.get(definition.name)
        if implementation is not None and implementation.definition is definition:
            return cast("type[BaseModel]", implementation.input_model)
        return cast("type[BaseModel]", _BySchema(definition.input_schema))


def refusal_of(schema: dict[str, Any]) -> str | None:
    """Why no input can be judged by this schema; None if it can."""
    try:
        _validator(schema)
    except ValueError as wrong:
        return f"Its input schema cannot be used: {wrong}"
    return None


class _BySchema:
    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = _validator(schema)

    def model_validate_json(self, json_data: Any, *, strict: bool | None = None, context: Any = None) -> Any:
        del strict, context
        try:
            value = from_json(json_data, allow_inf_nan=False)
        except ValueError as wrong:
            raise _refused(
                [InitErrorDetails(type="json_invalid", ctx={"error": str(wrong)}, input="")]
            ) from None
        errors = [
            InitErrorDetails(
                type=PydanticCustomError("schema", "{message}", {"message": error.message}),
                loc=tuple(error.instance_path),
                input=error.instance,
            )
            for error in self._validator.iter_errors(value)
        ]
        if errors:
            raise _refused(errors)
        return value


def _refused(errors: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data("Input", errors, input_type="json")


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True)
