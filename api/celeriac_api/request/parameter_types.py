"""Types of parameters that several routes share, with their error sentences."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, TypeAdapter
from pydantic.json_schema import SkipJsonSchema

from celeriac.ledger.model.states import State
from celeriac.values.misfit import misfit as _misfit

# What a validator raises; the sentence goes on from the parameter's name: "should be …".
misfit = _misfit
USUAL_LIMIT, LARGEST_LIMIT = 50, 200
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


def moment(text: str) -> datetime:
    """A moment with its offset (RFC 3339)."""
    problem = misfit("should be a date and time with an offset, such as 2026-05-01T12:00:00Z")
    if not _RFC_3339.fullmatch(text):  # pydantic reads numbers as moments, too
        raise problem
    try:
        return _MOMENT.validate_strings(text)
    except ValueError as wrong:
        raise problem from wrong


def count_of(items: str, *, most: int) -> BeforeValidator:
    """The validator of a number of these items, 1 or more; a larger number than `most` counts as `most`."""

    def validated(text: str) -> int:
        if not re.fullmatch(r"0*[1-9]\d*", text, re.ASCII):
            raise misfit(f"should be a number of {items}, 1 or more")
        return min(int(text.lstrip("0")[:9]), most)

    return BeforeValidator(validated)


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError as wrong:
        raise misfit(f"should be one of {', '.join(State)}") from wrong


# A tag of a task: no space, so that several are one text.
Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.:/@=+-]{0,63}$")]
SCHEDULE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
StateName = Annotated[State, BeforeValidator(_state)]
# What may be left out cannot be sent as null: a query and a header know no null.
Moment = Annotated[AwareDatetime | SkipJsonSchema[None], BeforeValidator(moment)]
Limit = Annotated[
    Annotated[int, Field(ge=1)] | SkipJsonSchema[None],
    count_of("items", most=LARGEST_LIMIT),
    Query(
        description=f"The number of items: {USUAL_LIMIT} by default, at most {LARGEST_LIMIT}. A larger number counts as {LARGEST_LIMIT}."
    ),
]
