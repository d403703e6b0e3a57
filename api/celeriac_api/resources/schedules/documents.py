"""Schedules as requests and answers contain them."""

from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from celeriac.schedules.rules import Progress, Rules
from celeriac.values.misfit import misfit
from celeriac_api.request.cursor import NextCursor
from celeriac_api.request.submission.option_fields import BodyOptions, options_of
from celeriac_api.request.submission.options import SubmissionOptions


class ScheduledSubmission(BodyOptions):
    """The submission that each due time makes. Times count from the due time."""

    model_config = ConfigDict(title="Scheduled submission", extra="forbid")

    name: str = Field(description="The name of the definition.")
    input: dict[str, Any] = Field(default_factory=dict, description="The input, the same each time.")

    @field_validator("eta")
    @classmethod
    def _refuse_eta(cls, _: datetime) -> datetime:
        raise misfit("should not be given: the schedule decides when, and `delay` counts from its due time")

    def options(self) -> SubmissionOptions:
        """As values."""
        return options_of({}, self.given())


class ScheduleRequest(Rules):
    """A schedule as it is put."""

    model_config = ConfigDict(title="New schedule", extra="forbid")

    submit: ScheduledSubmission
    paused: bool | None = Field(
        None,
        description="Whether it is paused. Default: false for a new schedule, unchanged for an existing one.",
    )

    @model_validator(mode="after")
    def _check_timing(self) -> Self:
        if sum(rule is not None for rule in (self.cron, self.every, self.at)) != 1:
            raise misfit("should have exactly one of `cron`, `every` and `at`")
        if self.zone is not None and self.cron is None:
            raise misfit("should have a `zone` only together with `cron`: the others do not depend on it")
        return self


class ScheduleInList(Rules, Progress):
    """A schedule, without the input that it submits."""

    model_config = ConfigDict(title="Schedule in a list")

    name: str = Field(description="The name of the schedule.")
    owner: str | None = Field(description="Whose it is; null for nobody.")
    submits: str = Field(description="The name of the definition whose tasks it submits.")
    created_at: AwareDatetime
    declared: bool = Field(
        description="Whether it is declared with its task (`@task(schedule=…)`). Such a schedule can be paused, but not put or deleted."
    )


class Schedule(ScheduleInList):
    """A schedule. The value of a parameter that the definition hides is replaced by "hidden"."""

    model_config = ConfigDict(title="Schedule")

    submit: ScheduledSubmission


class SchedulePage(BaseModel):
    """Schedules, by owner and name."""

    model_config = ConfigDict(title="Page of schedules")

    items: list[ScheduleInList]
    next_cursor: NextCursor


class DueTimesDocument(BaseModel):
    """The next due times of a schedule; none while it is paused."""

    model_config = ConfigDict(title="Due times")

    items: list[AwareDatetime]
