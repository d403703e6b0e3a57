"""The body of `POST /tasks`: the name of a task and its input, as it is read and as OpenAPI describes it."""

from typing import Any, Literal, Union

from pydantic import BaseModel, ConfigDict, create_model

from celeriac.contract.catalog import Catalog
from celeriac.contract.declaration import Definition


class GenericSubmission(BaseModel):
    """A task by its name, for callers that learn the name at run time. What the input has to be, the name decides."""

    model_config = ConfigDict(extra="forbid")

    name: str
    input: dict[str, Any] = {}


def documented_submission(catalog: Catalog) -> Any:
    """The type that OpenAPI shows: for each name, the input that goes with it."""
    return Union[tuple(_submission_of(definition) for definition in catalog.values())]  # noqa: UP007 - made at start


def required_parameters(model: type[BaseModel]) -> list[str]:
    """The names of the parameters that an input of this model must have."""
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def _submission_of(definition: Definition) -> type[BaseModel]:
    needs_input = bool(required_parameters(definition.input_model))
    fields: dict[str, Any] = {
        "name": Literal[definition.name],
        "input": (definition.input_model, ... if needs_input else {}),
    }
    name = definition.input_model.__name__.removesuffix("Input") + "Submission"
    title = f"Submission of {definition.name}"
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(title=title, extra="forbid"), **fields)
    return model
