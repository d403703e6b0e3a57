"""The parameters of the routes of webhooks and deliveries."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from celeriac_api.access.caller import Caller
from celeriac_api.request.cursor import CURSOR_QUERY, CURSOR_SCHEMA, decoded_cursor, read_cursor
from celeriac_api.request.parameter_types import Limit, StateName
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.task_id import UUID
from celeriac_api.response.address import address
from celeriac_api.response.errors import DeliveryNotFound, EndpointNotFound, Problem
from celeriac_api.response.near_names import shown
from celeriac_api.response.task_document import EXAMPLE_ID

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


def endpoint_not_found(name: str) -> EndpointNotFound:
    """The refusal for a name that the caller has no endpoint of."""
    return EndpointNotFound(
        f"No endpoint has the name {shown(name)}. GET {address('/webhooks')} lists all endpoints."
    )


def delivery_not_found(delivery_id: str) -> DeliveryNotFound:
    """The refusal for an id that no delivery has."""
    return DeliveryNotFound(
        f"No delivery has the id {delivery_id[:100]!r}: there was none, or its record expired."
    )


Owner = Annotated[
    str | SkipJsonSchema[None],
    Query(description="Whose it is. A key sees what its owner has, unless it is `admin`.", min_length=1),
]
DeliveryID = Annotated[
    str,
    StringConstraints(pattern=UUID, to_lower=True),
    Path(description="The delivery's id, a UUID.", examples=[EXAMPLE_ID]),
]


def _position(text: str) -> int:
    return int(decoded_cursor(text)) % 10**17


class OfOwner(Parameters):
    """The parameters of a route about what an owner has."""

    owner: Owner = None

    def whose(self, caller: Caller) -> str | None:
        """The owner that is meant; None where the caller may not see it."""
        return caller.owner_meant(self.owner)


class OfEndpoint(OfOwner):
    """The parameters of a route about one endpoint."""

    name: Annotated[
        str,
        StringConstraints(pattern=NAME),
        Path(description="The name of the endpoint.", examples=["shop"]),
    ]

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be a name."""
        return endpoint_not_found(text)


class OfDelivery(Parameters):
    """The parameters of a route about one delivery."""

    delivery_id: DeliveryID

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be an id."""
        return delivery_not_found(text)


class ListParameters(OfOwner):
    """Which deliveries to list, and how many."""

    task_id: Annotated[
        Annotated[str, StringConstraints(pattern=UUID, to_lower=True)] | SkipJsonSchema[None],
        Query(description="Only deliveries of the end of this task."),
    ] = None
    batch_id: Annotated[
        Annotated[str, StringConstraints(pattern=UUID, to_lower=True)] | SkipJsonSchema[None],
        Query(description="Only deliveries of the end of this batch. Not with `task_id`."),
    ] = None
    state: Annotated[list[StateName], Query(description="Only deliveries in one of these states.")] = Field(
        default_factory=list
    )
    limit: Limit = None
    cursor: Annotated[
        Annotated[int | None, read_cursor(_position), CURSOR_SCHEMA],
        CURSOR_QUERY,
    ] = None
