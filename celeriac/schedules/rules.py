"""The rules of a schedule and its progress, as requests, answers and Redis contain them."""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from celeriac.schedules.catch_up import CatchUp
from celeriac.schedules.due_times import LONGEST, SHORTEST, At, DueTimes, Every
from celeriac.values.cron import Cron, checked_cron, zones
from celeriac.values.durations import duration_of
from celeriac.values.misfit import misfit

MOST_MOMENTS = 1_000
LONGEST_EXPRESSION = 200
LONGEST_ZONE = 64


class Overlap(StrEnum):
    """What happens at a due time while the task of the last one has not ended."""

    QUEUE = "queue"
    SKIP = "skip"
    CANCEL_RUNNING = "cancel_running"


def _expression(text: str) -> str:
    try:
        return checked_cron(text)
    except ValueError as wrong:
        raise misfit(str(wrong)) from wrong


def _zone(text: str) -> str:
    if text not in zones():
        near = get_close_matches(text, sorted(zones()), n=1)
        raise misfit(
            "should be a time zone such as Europe/Berlin." + (f" Did you mean {near[0]!r}?" if near else "")
        )
    return text


def _interval(text: str) -> str:
    try:
        duration = duration_of(text) if text.startswith("P") else timedelta(0)
    except ValueError:
        duration = timedelta(0)
    if not SHORTEST <= duration <= LONGEST:
        raise misfit("should be a duration in ISO 8601 from PT1S to P366D, such as PT5M")
    return text


def _moments(moments: list[datetime]) -> list[datetime]:
    return sorted({moment.astimezone(UTC) for moment in moments})


Expression = Annotated[str, Field(max_length=LONGEST_EXPRESSION), AfterValidator(_expression)]
Zone = Annotated[str, Field(max_length=LONGEST_ZONE), AfterValidator(_zone)]
Interval = Annotated[
    str,
    Field(max_length=64),
    AfterValidator(_interval),
    WithJsonSchema({"type": "string", "format": "duration", "maxLength": 64}),
]
Moments = Annotated[
    list[AwareDatetime], Field(min_length=1, max_length=MOST_MOMENTS), AfterValidator(_moments)
]


class Rules(BaseModel):
    """When a schedule is due, and what happens then. Exactly one of `cron`, `every` and `at` is given."""

    cron: Expression | None = Field(
        None,
        description="Minute, hour, day of the month, month, day of the week, as in cron of Debian; in the time `zone`.",
    )
    every: Interval | None = Field(
        None, description="An interval (ISO 8601), at least PT1S, from the creation of the schedule on."
    )
    at: Moments | None = Field(None, description="Single moments, at most 1,000.")
    zone: Zone | None = Field(None, description="The time zone of `cron`, by its IANA name. Default: UTC.")
    overlap: Overlap = Field(
        Overlap.QUEUE,
        description="If the task of the last due time has not ended: `queue` submits the next one anyway, `skip` leaves "
        "the due time out, `cancel_running` cancels the last one first.",
    )
    catch_up: CatchUp = Field(
        CatchUp.LAST,
        description="If due times were missed by more than a minute: `last` submits the newest of them, `all` the newest 100, "
        "`none` none.",
    )
    jitter: Annotated[float, Field(ge=0, le=86_400)] = Field(
        0, description="Each task is delayed by a random time of up to this number of seconds."
    )
    until: AwareDatetime | None = Field(None, description="No due time is later than this.")

    def due_times(self, first: datetime) -> DueTimes:
        """The due times; an interval is counted from `first`."""
        timing: Cron | Every | At
        if self.cron is not None:
            timing = Cron(self.cron, self.zone or "UTC")
        elif self.every is not None:
            interval = duration_of(self.every)
            timing = Every(interval, first + interval)
        else:
            timing = At(tuple(self.at or ()))
        return DueTimes(timing, self.until)

    @property
    def when(self) -> tuple[Any, ...]:
        """What its due times follow from."""
        return self.cron, self.every and duration_of(self.every), self.at, self.zone, self.until


class ScheduleError(BaseModel):
    """Why a due time has no task."""

    model_config = ConfigDict(title="Error of a schedule")

    due: AwareDatetime = Field(description="The due time.")
    type: str = Field(description="The `type` of the problem that a submission would have got.")
    detail: str


class Progress(BaseModel):
    """How far a schedule has come."""

    paused: bool
    next: AwareDatetime | None = Field(
        description="The next due time; null while it is paused, and when there is none any more."
    )
    last_due: AwareDatetime | None = Field(
        description="The last due time that has a task; null before the first."
    )
    last_task_id: str | None = Field(description="The id of that task.")
    last_skipped: AwareDatetime | None = Field(description="The last due time that `overlap` has left out.")
    error: ScheduleError | None = Field(
        description="Why the last due time has no task; null when it has one, or was left out."
    )
    updated_at: AwareDatetime = Field(description="When it was put, paused or resumed last.")
