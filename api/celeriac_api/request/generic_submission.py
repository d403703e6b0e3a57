"""Describes the body of `POST /tasks`: a task's name, its input, and options beside them."""

from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from celeriac.contract.catalog import Catalog, Validators
from celeriac.contract.definition import Definition
from celeriac.ledger.model.dependencies import MOST_AFTER, When
from celeriac_api.request.body import invalid_input
from celeriac_api.request.options import SubmissionOptions
from celeriac_api.request.task_id import UUID

After = Annotated[
    list[Annotated[str, StringConstraints(pattern=UUID, to_lower=True)]],
    Field(
        min_length=1,
        max_length=MOST_AFTER,
        description="The ids of tasks that must end first. Until then the task is `blocked`.",
    ),
]
Condition = Annotated[
    When, Field(description="How the tasks in `after` must end. `failed` means: without success.")
]


class GenericSubmission(BaseModel):
    """A task by its name, for callers that learn the name at run time. The name decides which input is valid."""

    model_config = ConfigDict(extra="forbid")

    name: str
    input: dict[str, Any] = {}
    after: After = Field(default_factory=list)
    when: Condition | None = None

    def options(self) -> SubmissionOptions | None:
        """The options beside name and input; None if there are none, the usual case."""
        if not self.model_fields_set & {"after", "when"}:
            return None
        if not self.after:
            raise invalid_input([("/when", "should be given together with `after`", self.when)])
        return SubmissionOptions(after=tuple(self.after), when=self.when or When.SUCCEEDED)


def documented_submission(catalog: Catalog, validators: Validators) -> Any:
    """The type that OpenAPI shows: for each name, the input that goes with it."""
    return Union[tuple(_submission_of(definition, validators[name]) for name, definition in catalog.items())]  # noqa: UP007 - made at start


def _submission_of(definition: Definition, input_model: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "name": Literal[definition.name],
        "input": (input_model, ... if definition.required else {}),
        "after": (After, Field(default_factory=list)),
        "when": (Condition, When.SUCCEEDED),
    }
    name = input_model.__name__.removesuffix("Input") + "Submission"
    title = f"Submission of {definition.name}"
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(title=title, extra="forbid"), **fields)
    return model
