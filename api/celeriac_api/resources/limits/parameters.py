"""The parameters of the routes of limits."""

from functools import partial
from typing import Annotated

from fastapi import Path, Query
from pydantic import StringConstraints
from pydantic.json_schema import SkipJsonSchema

from celeriac.contract.options.flow import LONGEST_KEY
from celeriac_api.access.caller import Caller
from celeriac_api.request.cursor import CURSOR_QUERY, CURSOR_SCHEMA, owner_and_name, read_cursor
from celeriac_api.request.parameter_types import Limit
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.address import address
from celeriac_api.response.errors import LimitNotFound, Problem
from celeriac_api.response.near_names import shown

LONGEST_CURSOR = 2_000


def not_found(key: str) -> LimitNotFound:
    """The refusal for a key of which the caller sees nothing."""
    return LimitNotFound(
        f"Nothing is known of the key {shown(key)}. GET {address('/limits')} lists all keys in use."
    )


_position = partial(owner_and_name, longest=LONGEST_CURSOR)


Owner = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="Whose key it is. A caller sees the keys of its own owner, unless it is `admin`.",
        min_length=1,
    ),
]


class OfLimit(Parameters):
    """The parameters of a route about one key."""

    key: Annotated[
        str,
        StringConstraints(min_length=1, max_length=LONGEST_KEY),
        Path(description="The text of the key, percent-encoded.", examples=["/tenant=acme"]),
    ]
    owner: Owner = None

    def whose(self, caller: Caller) -> str:
        """The owner whose key it is; 404 where the caller may not see it."""
        owner = caller.owner_meant(self.owner)
        if owner is None:
            raise not_found(self.key)
        return owner

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be a key."""
        return not_found(text)


class ListParameters(Parameters):
    """Which keys to list, and how many."""

    owner: Owner = None
    limit: Limit = None
    cursor: Annotated[tuple[str, str] | None, read_cursor(_position), CURSOR_SCHEMA, CURSOR_QUERY] = None
