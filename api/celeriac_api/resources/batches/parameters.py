"""The parameters of the routes of batches."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from celeriac.ledger.model.notification import MOST_NOTIFIED, End, Notification
from celeriac_api.request.cursor import CURSOR_QUERY, CURSOR_SCHEMA, decoded_cursor, read_cursor
from celeriac_api.request.parameter_types import Limit
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.submission.notify import WebhookURLText
from celeriac_api.request.submission.submission_parameters import Keyed
from celeriac_api.request.task_id import UUID
from celeriac_api.request.wait import WaitParameters
from celeriac_api.response.errors import BatchNotFound, Problem
from celeriac_api.response.task_document import EXAMPLE_ID

LONGEST_LABEL = 200


def not_found(batch_id: str) -> BatchNotFound:
    """The refusal for an unknown id."""
    return BatchNotFound(
        f"No batch has the id {batch_id[:100]!r}: it was never begun here, or was forgotten long ago."
    )


Label = Annotated[
    str | SkipJsonSchema[None],
    StringConstraints(min_length=1, max_length=LONGEST_LABEL),
    Query(
        description="What the batch is called in lists, at most 200 characters.",
        min_length=1,
        max_length=LONGEST_LABEL,
    ),
]
Notified = Annotated[
    list[WebhookURLText],
    Query(
        max_length=MOST_NOTIFIED,
        description="URLs to which the end of the batch is sent by a webhook, one each. Items have a `notify` of their own.",
    ),
]
BatchID = Annotated[
    str,
    StringConstraints(pattern=UUID, to_lower=True),
    Path(description="The batch's id, a UUID.", examples=[EXAMPLE_ID]),
]


class NewBatchParameters(Keyed):
    """The parameters of `POST /batches`."""

    label: Label = None
    notify: Notified = Field(default_factory=list)

    @property
    def targets(self) -> tuple[Notification, ...]:
        """Who is notified of its end."""
        return tuple(Notification(url, (End.ENDED,)) for url in dict.fromkeys(self.notify))


class OfBatch(Parameters):
    """The parameters of a route about one batch."""

    batch_id: BatchID

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be an id."""
        return not_found(text.lower())


class RetryBatchParameters(Keyed, OfBatch):
    """The parameters of `POST /batches/{batch_id}/retry`."""


class BatchParameters(WaitParameters, OfBatch):
    """The batch, and how long to wait for its end."""


def _stamp(text: str) -> int:
    return int(decoded_cursor(text[:100]))


class ListParameters(Parameters):
    """Which batches to list, and how many."""

    owner: Annotated[
        str | SkipJsonSchema[None],
        Query(
            description="Only batches of this owner. A key sees its own batches, unless it is `admin`.",
            min_length=1,
        ),
    ] = None
    limit: Limit = None
    cursor: Annotated[
        Annotated[int | None, Field(ge=0), read_cursor(_stamp), CURSOR_SCHEMA], CURSOR_QUERY
    ] = None
