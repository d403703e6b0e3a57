"""Puts endpoints of webhooks, rotates secrets, and looks after deliveries."""

from collections.abc import Iterable
from typing import Any, Literal, cast
from uuid import UUID

from celeriac.client.calls.described import Described, object_of
from celeriac.client.documents import Delivery, Endpoint, State, WebhookSecret
from celeriac.client.flow.call import call, series
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.request import Request, path_of

LONGEST_PAGE = 200
End = Literal["ended", "succeeded", "failed", "cancelled", "expired"]


class Webhooks(Described):
    """`endpoints`, `put_endpoint` and others; `deliveries`, `delivery`, `retry_delivery`; `rotate_webhook_secret`."""

    @call
    def endpoints(self, *, owner: str | None = None, timeout: float | None = None) -> Flow[list[Endpoint]]:
        """All endpoints, by name.

        Here and below, `owner` is for a key with the scope `admin`: whose endpoints, deliveries or secret.
        """
        request = Request("GET", path_of("webhooks", query=_whose(owner)))
        page = object_of((yield from answer_to(request, self.deadline(timeout))), "items")
        return cast("list[Endpoint]", page["items"])

    @call
    def endpoint(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[Endpoint]:
        """One endpoint."""
        request = Request("GET", path_of("webhooks", name, query=_whose(owner)))
        return cast("Endpoint", object_of((yield from answer_to(request, self.deadline(timeout))), "url"))

    @call
    def put_endpoint(
        self,
        name: str,
        /,
        url: str,
        *,
        on: Iterable[End] | None = None,
        names: Iterable[str] | None = None,
        disabled: bool = False,
        owner: str | None = None,
        timeout: float | None = None,
    ) -> Flow[Endpoint]:
        """Send the ends of all tasks of an owner to this URL: those in `on`, of the definitions in `names`. None is all."""
        rules: dict[str, Any] = {"url": url, "disabled": disabled}
        if on is not None:
            rules["on"] = list(on)
        if names is not None:
            rules["names"] = list(names)
        body = input_json(rules, f"The endpoint {name!r}")
        headers = {"Content-Type": "application/json"}
        request = Request("PUT", path_of("webhooks", name, query=_whose(owner)), headers, body)
        return cast("Endpoint", object_of((yield from answer_to(request, self.deadline(timeout))), "url"))

    @call
    def delete_endpoint(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[None]:
        """Delete an endpoint. What is due to it is not sent."""
        request = Request("DELETE", path_of("webhooks", name, query=_whose(owner)), repeatable=False)
        yield from answer_to(request, self.deadline(timeout))

    @call
    def rotate_webhook_secret(
        self, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[WebhookSecret]:
        """Make a new secret, which is shown once. The one before it also signs for 24 hours."""
        request = Request(
            "POST", path_of("webhooks", "secret", "rotate", query=_whose(owner)), repeatable=False
        )
        return cast(
            "WebhookSecret", object_of((yield from answer_to(request, self.deadline(timeout))), "secret")
        )

    @series
    def deliveries(
        self,
        *,
        task_id: UUID | str | None = None,
        batch_id: UUID | str | None = None,
        state: State | Iterable[State] | None = None,
        owner: str | None = None,
        timeout: float | None = None,
    ) -> Series[Delivery]:
        """Iterate over deliveries, the newest first. `timeout` is for each page."""
        states = (state,) if isinstance(state, str) else state or ()
        subjects = [
            (name, str(value)) for name, value in (("task_id", task_id), ("batch_id", batch_id)) if value
        ]
        query = [
            *_whose(owner),
            *subjects,
            *(("state", each) for each in states),
            ("limit", str(LONGEST_PAGE)),
        ]
        listed: Series[Delivery] = self._listed("deliveries", query, timeout, lambda delivery: delivery)
        yield from listed

    @call
    def delivery(self, delivery_id: UUID | str, /, *, timeout: float | None = None) -> Flow[Delivery]:
        """One delivery, with its attempts."""
        request = Request("GET", path_of("deliveries", str(delivery_id)))
        return cast(
            "Delivery", object_of((yield from answer_to(request, self.deadline(timeout))), "delivery_id")
        )

    @call
    def retry_delivery(self, delivery_id: UUID | str, /, *, timeout: float | None = None) -> Flow[Delivery]:
        """Send an ended delivery again, as a new one. A lost answer raises `ConnectionLost`."""
        request = Request("POST", path_of("deliveries", str(delivery_id), "retry"), repeatable=False)
        return cast(
            "Delivery", object_of((yield from answer_to(request, self.deadline(timeout))), "delivery_id")
        )


def _whose(owner: str | None) -> list[tuple[str, str]]:
    return [] if owner is None else [("owner", owner)]
