"""A schedule between Redis and the rest: its plan, its state, and their changes."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Self
from uuid import UUID, uuid4, uuid5

from pydantic import ConfigDict

from celeriac.access.limits import NO_LIMITS, Limits
from celeriac.ledger.tables.schedules import Row
from celeriac.schedules.due_times import DueTimes, whole_seconds
from celeriac.schedules.rules import Progress, Rules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Plan(Rules):
    """What changes only when the schedule is put: its rules, who put it, and the id from which those of its tasks follow."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    submits: str
    key: str
    limits: Limits = NO_LIMITS
    created_at: datetime
    declared: bool = False


class State(Progress):
    """What changes with each due time. An interval is counted from `first`."""

    model_config = ConfigDict(extra="ignore")

    first: datetime


@dataclass(frozen=True)
class Submits:
    """What each due time submits.

    `text` is the JSON of the submission as it was sent, without its input. `options` is what accept_tasks.lua reads, without jitter.
    """

    text: bytes
    input: bytes
    options: str


@dataclass(frozen=True)
class StoredSchedule:
    """A schedule of a version."""

    owner: str
    name: str
    version: str
    plan: Plan
    state: State
    submission: Submits = field(repr=False)

    @classmethod
    def of(cls, row: Row) -> Self:
        """The schedule in this row."""
        plan, state = Plan.model_validate_json(row.plan), State.model_validate_json(row.state)
        return cls(
            row.owner, row.name, row.version, plan, state, Submits(row.submission, row.input, row.options)
        )

    def row(self) -> Row:
        """The row of the changed schedule, with a version that was never there before."""
        return Row(
            owner=self.owner,
            name=self.name,
            version=secrets.token_hex(8),
            plan=self.plan.model_dump_json(),
            state=self.state.model_dump_json(),
            submission=self.submission.text,
            input=self.submission.input,
            options=self.submission.options,
            submits=self.plan.submits,
        )

    def with_state(self, **changes: object) -> "StoredSchedule":
        """The same with these members of its state."""
        return replace(self, state=self.state.model_copy(update=changes))

    def is_as(self, put: "Put") -> bool:
        """Whether putting this would change nothing."""
        plan, submission = self.plan, self.submission
        return (
            all(getattr(plan, name) == getattr(put.rules, name) for name in Rules.model_fields)
            and (plan.submits, plan.declared, plan.key, plan.limits)
            == (put.submits, put.declared, put.key, put.limits)
            and submission == put.submission
            and put.paused in (None, self.state.paused)
        )

    @property
    def next_microseconds(self) -> int | None:
        """The next due time, for Redis."""
        return None if self.state.next is None else (self.state.next - EPOCH) // MICROSECOND

    @cached_property
    def due_times(self) -> DueTimes:
        """When it is due."""
        return self.plan.due_times(self.state.first)

    def task_id(self, due: datetime) -> str:
        """The id of the task of a due time: always the same."""
        return str(uuid5(self.plan.id, due.astimezone(UTC).isoformat(timespec="microseconds")))


def moment_of(microseconds: int) -> datetime:
    """A moment of Redis' clock."""
    return EPOCH + microseconds * MICROSECOND


@dataclass(frozen=True, kw_only=True)
class Put:
    """What is put: the rules, what is submitted, and by whom; `paused` is None where that is to stay as it is."""

    rules: Rules
    submits: str
    submission: Submits
    key: str
    limits: Limits = NO_LIMITS
    paused: bool | None = None
    declared: bool = False


def put_schedule(
    before: StoredSchedule | None, put: Put, *, owner: str, name: str, now: datetime
) -> StoredSchedule:
    """The schedule with these rules.

    One that is due as before keeps its due times, also those that have come just now.
    """
    plan = Plan(
        **{name: getattr(put.rules, name) for name in Rules.model_fields},
        id=uuid4() if before is None else before.plan.id,
        submits=put.submits,
        key=put.key,
        limits=put.limits,
        created_at=now if before is None else before.plan.created_at,
        declared=put.declared,
    )
    is_same = before is not None and before.plan.when == plan.when
    is_paused = bool(before and before.state.paused) if put.paused is None else put.paused
    state = (
        before.state
        if before is not None
        else State(
            paused=False, next=None, last_due=None, last_task_id=None, last_skipped=None, error=None,
            updated_at=now, first=now,
        )
    )  # fmt: skip
    if not is_same:
        state = state.model_copy(update={"first": whole_seconds(now)})
    changed = StoredSchedule(owner, name, "", plan, state, put.submission)
    if is_same and state.next is not None and not is_paused:
        return changed.with_state(updated_at=now)
    following = None if is_paused else changed.due_times.after(now)
    return changed.with_state(next=following, paused=is_paused, updated_at=now)


def paused_schedule(schedule: StoredSchedule, now: datetime) -> StoredSchedule:
    """The same, due no more."""
    if schedule.state.paused:
        return schedule
    return schedule.with_state(paused=True, next=None, updated_at=now)


def resumed_schedule(schedule: StoredSchedule, now: datetime) -> StoredSchedule:
    """The same, due again from now on."""
    if not schedule.state.paused:
        return schedule
    return schedule.with_state(paused=False, next=schedule.due_times.after(now), updated_at=now)
