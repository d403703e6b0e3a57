"""Deliveries and secrets as answers contain them."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from celeriac.ledger.model.states import State
from celeriac.ledger.tables.deliveries import Delivery
from celeriac_api.request.cursor import NextCursor
from celeriac_api.resources.webhooks.message import event_type
from celeriac_api.response.address import address
from celeriac_api.response.task_document import timestamp


class AttemptDocument(BaseModel):
    """One attempt to send a delivery."""

    model_config = ConfigDict(title="Attempt")

    at: AwareDatetime = Field(description="When the attempt began.")
    duration: float = Field(ge=0, description="How many seconds it took.")
    status: int | None = Field(description="The status of the answer; null if there was none.")
    error: str | None = Field(description="What went wrong; null for a success.")


class DeliveryLinks(BaseModel):
    """The addresses of related resources."""

    model_config = ConfigDict(title="Links of a delivery")

    self: str = Field(description="This document.")
    subject: str = Field(description="The task or batch whose end was sent.")
    retry: str = Field(description="POST here to send it again, once it has ended.")


class DeliveryDocument(BaseModel):
    """A webhook: the end of a task, sent to a URL. Times are in UTC."""

    model_config = ConfigDict(title="Delivery")

    delivery_id: str = Field(description="The id of the delivery.")
    webhook_id: str = Field(
        description="The `webhook-id` of all attempts; the same for a delivery that was sent again."
    )
    state: State = Field(
        description="`queued`, `running`, `retrying`, or at its end `succeeded`, `failed` or `cancelled`."
    )
    type: str = Field(
        description="The type of the event: `task.` and its state, `batch.succeeded` or `batch.failed`."
    )
    task_id: str | None = Field(description="The task whose end is sent; null for a batch.")
    batch_id: str | None = Field(description="The batch whose end is sent; null for a task.")
    url: str = Field(description="Where it is sent. An endpoint that was put again gets it at its new URL.")
    endpoint: str | None = Field(description="The name of the endpoint; null for `notify` of a submission.")
    attempts: list[AttemptDocument] = Field(description="The attempts so far, the first one first.")
    error: str | None = Field(description="Why the latest attempt failed, or why nothing was sent.")
    created_at: AwareDatetime = Field(description="When the task ended, or the delivery was asked for.")
    due_at: AwareDatetime | None = Field(description="When the next attempt follows.")
    ended_at: AwareDatetime | None = Field(description="When it was sent, or given up.")
    retry_of: str | None = Field(description="The id of the delivery that this one sends again.")
    owner: str | None = Field(description="Whose it is; null for nobody.")
    links: DeliveryLinks


class DeliveryPage(BaseModel):
    """Deliveries, the newest first."""

    model_config = ConfigDict(title="Page of deliveries")

    items: list[DeliveryDocument]
    next_cursor: NextCursor


class SecretDocument(BaseModel):
    """The secret that signs the webhooks of an owner. It is not shown again."""

    model_config = ConfigDict(title="Webhook secret")

    secret: str = Field(
        description="The secret, in the form of Standard Webhooks.",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )
    previous_until: AwareDatetime | None = Field(
        description="Until when the secret before it signs, too; null if there was none."
    )


def document_of(delivery: Delivery) -> DeliveryDocument:
    """The document of a delivery."""
    kind = "batches" if delivery.batch else "tasks"
    self = address(f"/deliveries/{delivery.id}")
    return DeliveryDocument.model_validate(
        {
            "delivery_id": delivery.id,
            "webhook_id": delivery.webhook_id,
            "state": delivery.state,
            "type": event_type(delivery),
            "task_id": None if delivery.batch else delivery.subject,
            "batch_id": delivery.subject if delivery.batch else None,
            "url": delivery.url,
            "endpoint": delivery.endpoint,
            "attempts": [_attempt(attempt) for attempt in delivery.attempts],
            "error": delivery.error if delivery.state is not State.SUCCEEDED else None,
            "created_at": timestamp(delivery.created_at),
            "due_at": _time(delivery.due_at) if delivery.state is State.RETRYING else None,
            "ended_at": _time(delivery.ended_at),
            "retry_of": delivery.retry_of,
            "owner": delivery.owner or None,
            "links": {
                "self": self,
                "subject": address(f"/{kind}/{delivery.subject}"),
                "retry": f"{self}/retry",
            },
        }
    )


def _attempt(attempt: Any) -> dict[str, Any]:
    return {
        "at": timestamp(attempt.at),
        "duration": attempt.seconds,
        "status": attempt.status,
        "error": attempt.error,
    }


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else timestamp(microseconds)
