"""Describes the body of `POST /tasks`: a task's name, its input, and options beside them."""

from collections.abc import Callable
from typing import Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from celeriac.contract.catalog import Catalog
from celeriac.contract.definition import Definition
from celeriac_api.request.submission.option_fields import BodyOptions, documented_options


class GenericSubmission(BodyOptions):
    """A task by its name, for callers that learn the name at run time. The name decides which input is valid."""

    model_config = ConfigDict(extra="forbid")

    name: str
    input: dict[str, Any] = Field(default_factory=dict)


def documented_submission(catalog: Catalog, model_of: Callable[[Definition], type[BaseModel] | None]) -> Any:
    """The type that OpenAPI shows: for each name, the input that goes with it.

    The first has the options, and definition_schemas.py gives them to the others: a model takes milliseconds for each field.
    """
    models = [(definition, model) for definition in catalog.values() if (model := model_of(definition))]
    if not models:
        return GenericSubmission
    options = [documented_options(), *[{}] * (len(models) - 1)]
    return Union[  # noqa: UP007 - made at start
        tuple(
            _submission_of(definition, model, own)
            for (definition, model), own in zip(models, options, strict=True)
        )
    ]


def _submission_of(
    definition: Definition, input_model: type[BaseModel], options: dict[str, Any]
) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "name": Literal[definition.name],
        "input": (input_model, ... if definition.required else {}),
        **options,
    }
    name = input_model.__name__.removesuffix("Input") + "Submission"
    title = f"Submission of {definition.name}"
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(title=title, extra="forbid"), **fields)
    return model
