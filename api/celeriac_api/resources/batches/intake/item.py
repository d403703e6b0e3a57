"""Describes an item of a batch: a submission with a name of its own."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from celeriac.ledger.model.dependencies import MOST_AFTER
from celeriac_api.request.parameter_types import misfit
from celeriac_api.request.submission.generic_submission import GenericSubmission
from celeriac_api.request.submission.option_fields import ABSENT
from celeriac_api.request.task_id import UUID

LONGEST_NAME = 64
IS_ID = re.compile(UUID)


def _some(after: object) -> object:
    if after == []:
        raise misfit("should have an item, or be left out")
    return after


def _no_id(name: str) -> str:
    if IS_ID.match(name):
        raise misfit("should not have the form of an id: `after` tells names and ids apart by that")
    return name


ItemName = Annotated[
    str,
    StringConstraints(pattern=rf"^[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{LONGEST_NAME - 1}}}$"),
    AfterValidator(_no_id),
]


class BatchItem(GenericSubmission):
    """A task by its name, with its options, and a name of its own within the batch."""

    model_config = ConfigDict(title="Item of a batch", extra="forbid")

    name_in_batch: ItemName = Field(
        ABSENT, alias="as", description="A name within the batch, by which later items refer to this one."
    )
    after: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]],
        BeforeValidator(_some),
    ] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_AFTER,
        description="What must end first: names of earlier items, and ids of tasks and batches.",
    )
