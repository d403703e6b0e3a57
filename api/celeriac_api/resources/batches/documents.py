"""Batches as answers contain them."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from celeriac.ledger.model.batch import Batch
from celeriac.ledger.model.states import State
from celeriac_api.request.cursor import NextCursor
from celeriac_api.response.address import address
from celeriac_api.response.task_document import timestamp

Count = Annotated[int, Field(ge=0)]
_STATES: dict[str, Any] = {state.value: (Count, ...) for state in State}
Counts = create_model(
    "Counts",
    __config__=ConfigDict(title="Counts"),
    __doc__="How many tasks of a batch are in which state.",
    **_STATES,
)


class BatchLinks(BaseModel):
    """The addresses of related resources: clients use these and build none themselves."""

    model_config = ConfigDict(title="Links of a batch")

    self: str = Field(description="This document.")
    results: str = Field(description="The results, one a line.")
    events: str = Field(description="The counts, as they change.")
    cancel: str = Field(description="POST here to cancel the tasks that have not ended.")
    retry: str = Field(description="POST here to run again what failed, once the batch is ready.")


class BatchDocument(BaseModel):
    """The current state of a batch. Times are in UTC, from the clock of the Redis server."""

    model_config = ConfigDict(title="Batch")

    batch_id: str = Field(description="The id of the batch. `after` of a submission can name it.")
    label: str | None = Field(description="The label that the request gave; null if it gave none.")
    owner: str | None = Field(description="The owner of the batch; null if the API requires no key.")
    total: Count = Field(description="How many tasks it has.")
    counts: Counts = Field(description="How many tasks are in which state.")
    existing: Count = Field(
        description="How many of its items have no task of their own, because another task had their unique key."
    )
    complete: bool = Field(description="Whether all of it was received. Until then, it is not ready.")
    ready: bool = Field(description="Whether it is complete, and all its tasks have ended.")
    successful: bool | None = Field(
        description="Whether all its tasks have succeeded; null until it is ready."
    )
    cancel_requested: bool = Field(description="Whether somebody asked to cancel it.")
    created_at: AwareDatetime = Field(description="When it was begun.")
    ended_at: AwareDatetime | None = Field(description="When it became ready.")
    expires_at: AwareDatetime | None = Field(description="When it is forgotten; null until it is ready.")
    links: BatchLinks


class BatchPage(BaseModel):
    """Batches, the newest first."""

    model_config = ConfigDict(title="Page of batches")

    items: list[BatchDocument]
    next_cursor: NextCursor


def document_of(batch: Batch) -> BatchDocument:
    """The document of a batch."""
    place = address(f"/batches/{batch.batch_id}")
    return BatchDocument.model_validate(
        {
            "batch_id": batch.batch_id,
            "label": batch.label,
            "owner": batch.owner or None,
            "total": batch.total,
            "counts": batch.counts,
            "existing": batch.existing,
            "complete": batch.complete,
            "ready": batch.ready,
            "successful": batch.successful,
            "cancel_requested": batch.cancel_requested,
            "created_at": timestamp(batch.created_at),
            "ended_at": batch.ended_at and timestamp(batch.ended_at),
            "expires_at": batch.expires_at and timestamp(batch.expires_at),
            "links": {
                "self": place,
                **{name: f"{place}/{name}" for name in ("results", "events", "cancel", "retry")},
            },
        }
    )
