"""Endpoints of an owner: URLs that get the ends of all of its tasks."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from celeriac.ledger.model.notification import End
from celeriac_api.request.submission.notify import Ends, WebhookURLText

MOST_NAMES = 20

Names = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=MOST_NAMES)
]


class Rules(BaseModel):
    """What is sent to an endpoint."""

    url: WebhookURLText = Field(description="Where ends are sent, by POST, as in `notify` of a submission.")
    on: Ends = Field(
        default_factory=lambda: [End.ENDED], description="Which ends are sent: `ended` is any of them."
    )
    names: Names | None = Field(
        None, description="Only the ends of tasks of these definitions. Default: those of all."
    )
    disabled: bool = Field(
        default=False, description="Whether nothing is sent. An answer of 410 Gone disables an endpoint."
    )


class EndpointRequest(Rules):
    """An endpoint as it is put."""

    model_config = ConfigDict(title="New endpoint", extra="forbid")


class StoredEndpoint(Rules):
    """What is kept of an endpoint."""

    model_config = ConfigDict(extra="ignore")

    disabled_reason: str | None = Field(None, description="Why it is disabled, if nobody asked for that.")
    created_at: AwareDatetime = Field(description="When it was put first.")
    updated_at: AwareDatetime = Field(description="When it was put or disabled last.")


class Endpoint(StoredEndpoint):
    """An endpoint: a URL that gets the ends of all tasks of an owner."""

    model_config = ConfigDict(title="Endpoint")

    name: str = Field(description="The name of the endpoint.")
    owner: str | None = Field(description="Whose it is; null for nobody.")


class EndpointList(BaseModel):
    """All endpoints of an owner, by name."""

    model_config = ConfigDict(title="Endpoints")

    items: list[Endpoint]


def endpoint_of(text: str) -> StoredEndpoint | None:
    """The endpoint in this JSON text; None in an empty one."""
    return StoredEndpoint.model_validate_json(text) if text else None


def put_endpoint(before: str, request: EndpointRequest) -> str:
    """What is kept after this request."""
    now, old = datetime.now(UTC), endpoint_of(before)
    created_at = old.created_at if old else now
    return StoredEndpoint(**request.model_dump(), created_at=created_at, updated_at=now).model_dump_json()


def disabled_endpoint(before: str, reason: str) -> str:
    """The same endpoint, disabled for this reason."""
    endpoint = StoredEndpoint.model_validate_json(before)
    changes = {"disabled": True, "disabled_reason": reason, "updated_at": datetime.now(UTC)}
    return endpoint.model_copy(update=changes).model_dump_json()


def document_of(text: str, *, name: str, owner: str) -> Endpoint:
    """The document of an endpoint."""
    stored = StoredEndpoint.model_validate_json(text)
    return Endpoint(**stored.model_dump(), name=name, owner=owner or None)
