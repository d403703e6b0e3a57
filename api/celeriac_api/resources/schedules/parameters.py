"""The parameters of the routes of schedules."""

from functools import partial
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from celeriac_api.access.caller import Caller
from celeriac_api.request.cursor import CURSOR_QUERY, CURSOR_SCHEMA, owner_and_name, read_cursor
from celeriac_api.request.parameter_types import SCHEDULE_NAME, Limit, count_of
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.address import address
from celeriac_api.response.errors import Problem, ScheduleNotFound
from celeriac_api.response.near_names import shown

MOST_DUE_TIMES = 100
LONGEST_CURSOR = 1_000


def not_found(name: str) -> ScheduleNotFound:
    """The refusal for a name that the caller has no schedule of."""
    return ScheduleNotFound(
        f"No schedule has the name {shown(name)}. GET {address('/schedules')} lists all schedules."
    )


_position = partial(owner_and_name, longest=LONGEST_CURSOR)


Name = Annotated[
    str,
    StringConstraints(pattern=SCHEDULE_NAME),
    Path(description="The name of the schedule.", examples=["nightly"]),
]
Owner = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="Whose schedule it is. A key sees its own schedules, unless it is `admin`.", min_length=1
    ),
]
Cursor = Annotated[
    tuple[str, str] | None,
    read_cursor(_position),
    CURSOR_SCHEMA,
]


class PutParameters(Parameters):
    """The parameters of `PUT /schedules/{name}`."""

    name: Name
    owner: Owner = None

    def whose(self, caller: Caller) -> str:
        """The owner whose schedule it is; 404 where the caller may not see it."""
        owner = caller.owner_meant(self.owner)
        if owner is None:
            raise not_found(self.name)
        return owner


class OfSchedule(PutParameters):
    """The parameters of a route about one schedule."""

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be a name."""
        return not_found(text)


class NextParameters(OfSchedule):
    """How many due times to compute."""

    count: Annotated[
        Annotated[int, Field(ge=1)] | SkipJsonSchema[None],
        count_of("due times", most=MOST_DUE_TIMES),
        Query(description="How many due times: 10 by default, at most 100. A larger number counts as 100."),
    ] = None


class ListParameters(Parameters):
    """Which schedules to list, and how many."""

    owner: Annotated[
        str | SkipJsonSchema[None],
        Query(
            description="Only schedules of this owner. A key sees its own schedules, unless it is `admin`.",
            min_length=1,
        ),
    ] = None
    limit: Limit = None
    cursor: Annotated[Cursor, CURSOR_QUERY] = None
