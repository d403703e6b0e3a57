"""Writes the JSON Schema of types as far as Celery's JSON carries their values.

A task of an existing app gets its arguments as that JSON has them; Celery converts none, unless the task has `pydantic=True` and a
model as its hint. So a value that has no form there is any JSON, and its description says why.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic_core import core_schema

from celeriac.contract.json_schema.generator import Schema, SchemaGenerator

CONFIG = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False, protected_namespaces=())


class TaskInput(BaseModel):
    """What the input of a task is as a model, of which only the schema is used."""

    model_config = CONFIG


class TaskSchemaGenerator(SchemaGenerator):
    """Our schemas, but that what Celery's JSON does not carry is any JSON."""

    # Whether Celery makes models of JSON, which then read what they have from text.
    converts_models: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As pydantic makes it."""
        super().__init__(*arguments, **options)
        self._open_models = 0

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """A model, of the app or the input itself."""
        depth = 0 if issubclass(schema["cls"], TaskInput) else 1
        self._open_models += depth
        try:
            return super().model_schema(schema)
        finally:
            self._open_models -= depth

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> Schema:
        """A duration."""
        return super().timedelta_schema(schema) if self._is_in_model else any_json("timedelta")

    def fraction_schema(self, schema: Any) -> Schema:
        """A fraction."""
        return super().fraction_schema(schema) if self._is_in_model else any_json("Fraction")

    def complex_schema(self, schema: core_schema.ComplexSchema) -> Schema:
        """A complex number."""
        return super().complex_schema(schema) if self._is_in_model else any_json("complex")

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> Schema:
        """An object of a class of the app."""
        return any_json(getattr(schema["cls"], "__qualname__", repr(schema["cls"])))

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        """What else pydantic knows and JSON does not."""
        return any_json(str(schema.get("type", error_info)))

    @property
    def _is_in_model(self) -> bool:
        return self.converts_models and self._open_models > 0


class ConvertingGenerator(TaskSchemaGenerator):
    """The same for a task whose models Celery makes of the JSON."""

    converts_models = True


def any_json(kind: str) -> Schema:
    """The schema of a value that may be any JSON, because JSON has no form for this."""
    return {"description": f"Any JSON: Celery's JSON has no form for {kind}."}
