"""Decides which due time of a schedule is submitted now, and which is next."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from celeriac.schedules.due_times import DueTimes

# A due time counts as missed when it could not be submitted for so long.
PATIENCE = timedelta(minutes=1)
MOST_CAUGHT_UP = 100


class CatchUp(StrEnum):
    """What happens to the due times that were missed, because no API or no Redis was there."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


class Step(NamedTuple):
    """The due time to submit now, if any, and the one that comes next, if any."""

    due: datetime | None
    following: datetime | None


def next_step(due_times: DueTimes, due: datetime, now: datetime, catch_up: CatchUp) -> Step:
    """The step of a schedule whose due time `due` has come."""
    if now - due <= PATIENCE:
        return Step(due, due_times.after(due))
    match catch_up:
        case CatchUp.NONE:
            return Step(None, due_times.after(now))
        case CatchUp.LAST:
            last = due_times.last(due, now, most=1)
        case CatchUp.ALL:
            last = due_times.last(due, now, most=MOST_CAUGHT_UP)
    return Step(last, due_times.after(last))
