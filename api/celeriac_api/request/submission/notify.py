"""The option `notify`: URLs to which the end of a task is sent."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from celeriac.ledger.model.notification import MOST_NOTIFIED, End, Notification
from celeriac.values.addresses.webhook_url import LONGEST_URL, webhook_url
from celeriac_api.request.parameter_types import misfit


def _url(text: str) -> str:
    try:
        webhook_url(text)
    except ValueError as wrong:
        raise misfit(str(wrong)) from wrong
    return text


def _each_once(ends: list[End]) -> list[End]:
    return list(dict.fromkeys(ends))


def _some(items: Any) -> Any:
    if items == []:
        raise misfit("should have an item, or be left out")
    return items


WebhookURLText = Annotated[
    str,
    Field(max_length=LONGEST_URL, json_schema_extra={"format": "uri"}),
    AfterValidator(_url),
]
Ends = Annotated[list[End], Field(min_length=1, max_length=len(End)), AfterValidator(_each_once)]


class NotifyRequest(BaseModel):
    """Where an end is sent, and which."""

    model_config = ConfigDict(title="Notification", extra="forbid")

    url: WebhookURLText = Field(
        description="Where the end is sent, by POST: https:// or http://, a public host, port 80, 443 or one from 1024 on."
    )
    on: Ends = Field(
        default_factory=lambda: [End.ENDED],
        description="Which ends are sent: `ended` is any of them.",
    )


Notify = Annotated[
    list[NotifyRequest],
    BeforeValidator(_some),
    Field(
        min_length=1,
        max_length=MOST_NOTIFIED,
        description="Who is notified of the end of the task, by a webhook each.",
    ),
]


def notifications(targets: list[NotifyRequest]) -> tuple[Notification, ...]:
    """The same as values."""
    return tuple(Notification(target.url, tuple(target.on)) for target in targets)
