"""Makes JSON Schemas that never exclude a value which occurs.

Pydantic's own describe what a validator or serializer of the user's is put around, not what it makes of a value. Here such a
place is "any value". In exchange, the objects of results have the declared members and no others, unless their type allows more.
"""

import warnings
from enum import Enum, Flag
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from celeriac.contract.fit.parts import Schema
from celeriac.files.file import blob_schema

ANY: Schema = {}
# What strict pydantic reads from text, and some of it from numbers.
TEXT_OR_NUMBER: Schema = {"type": ["string", "number"]}
# Options of a type with which an input can have other names, or a result other members, than its schema has.
UNCERTAIN = ("populate_by_name", "validate_by_name", "serialize_as_any", "polymorphic_serialization")
# When a serializer writes all of JSON.
ALWAYS = (None, "always", "json")


def input_schema_of(model: type[BaseModel]) -> Schema:
    """The schema of an input: every valid input is valid for it."""
    return _made(TypeAdapter(model), "validation")


def result_schema_of(output: TypeAdapter[Any]) -> Schema:
    """The schema of a result, whose adapter is of a one-tuple: every result of our workers is valid for it."""
    schema = _made(output, "serialization")
    (item,) = schema["prefixItems"]
    return {**item, "$defs": schema.get("$defs", {})}


def _made(adapter: TypeAdapter[Any], mode: Any) -> Schema:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a default without a JSON form is left out
        return adapter.json_schema(mode=mode, schema_generator=_TrustedSchemas)


def _any(_: GenerateJsonSchema, __: Any) -> Schema:
    return dict(ANY)


def _text_or_number(_: GenerateJsonSchema, __: Any) -> Schema:
    return dict(TEXT_OR_NUMBER)


class _TrustedSchemas(GenerateJsonSchema):
    """Pydantic's schemas; what they cannot know is any value."""

    # Each method takes a schema of one kind, and these take any.
    function_before_schema = function_wrap_schema = function_plain_schema = _any  # type: ignore[assignment]
    chain_schema = json_schema = generator_schema = _any  # type: ignore[assignment]
    call_schema = arguments_schema = named_tuple_schema = _any  # type: ignore[assignment]
    fraction_schema = complex_schema = _any  # type: ignore[assignment]
    date_schema = time_schema = datetime_schema = _text_or_number  # type: ignore[assignment]
    timedelta_schema = decimal_schema = _text_or_number  # type: ignore[assignment]

    def generate_inner(self, schema: Any) -> Schema:
        """In a result, bytes are text, or an object if they are many."""
        made = super().generate_inner(schema)
        if self.mode == "serialization" and made.get("contentEncoding") == "base64":
            return {"anyOf": [made, blob_schema()]}
        return made

    def ser_schema(self, schema: Any) -> Schema | None:
        """What a serializer returns, if that is declared."""
        is_declared = schema.get("return_schema") is not None and schema.get("when_used") in ALWAYS
        if schema["type"] in {"function-plain", "function-wrap"} and not is_declared:
            return dict(ANY)
        return super().ser_schema(schema)

    def enum_schema(self, schema: core_schema.EnumSchema) -> Schema:
        """Flags can be combined, and an enum can have members that it makes when they are asked for."""
        kind = schema["cls"]
        if issubclass(kind, Flag) or kind._missing_.__func__ is not Enum._missing_.__func__:  # type: ignore[attr-defined]
            return dict(ANY)
        return super().enum_schema(schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """A model."""
        return self._object(super().model_schema(schema), schema)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> Schema:
        """A dataclass."""
        return self._object(super().dataclass_schema(schema), schema)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> Schema:
        """A typed dictionary."""
        return self._object(super().typed_dict_schema(schema), schema)

    def _object(self, made: Schema, schema: Any) -> Schema:
        if "properties" not in made:
            return made
        config = schema.get("config", {})
        if any(map(config.get, UNCERTAIN)) or not config.get("validate_by_alias", True) or _varies(schema):
            return {"type": "object"}
        return {"additionalProperties": False, **made} if self.mode == "serialization" else made


def _varies(schema: Any) -> bool:
    """Whether a field can be given under more than one name, or in a place of its own, or is left out at times."""
    while "schema" in schema:
        schema = schema["schema"]
    fields = schema.get("fields", [])
    each = fields.values() if isinstance(fields, dict) else fields
    return any(
        isinstance(field.get("validation_alias"), list) or "serialization_exclude_if" in field
        for field in each
    )
