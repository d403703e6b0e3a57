"""A schedule between Redis and the rest: its plan, its state, and their changes."""

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Self
from uuid import UUID, uuid4, uuid5

from pydantic import ConfigDict

from celeriac.access.limits import NO_LIMITS, Limits
from celeriac.access.scopes import Scope
from celeriac.ledger.tables.schedules import Row
from celeriac_api.access.caller import Caller, caller_with
from celeriac_api.request.submission.options import SubmissionOptions
from celeriac_api.resources.schedules.documents import Progress, Rules, ScheduledSubmission, ScheduleRequest
from celeriac_api.resources.schedules.due_times import DueTimes, whole_seconds

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


class State(Progress):
    """What changes with each due time. An interval is counted from `first`."""

    model_config = ConfigDict(extra="ignore")

    first: datetime


@dataclass(frozen=True)
class StoredSchedule:
    """A schedule of a version; `submission` is the JSON text of what it submits."""

    owner: str
    name: str
    version: str
    plan: Plan
    state: State
    submission: bytes = field(repr=False)

    @classmethod
    def of(cls, row: Row) -> Self:
        """The schedule in this row."""
        plan, state = Plan.model_validate_json(row.plan), State.model_validate_json(row.state)
        return cls(row.owner, row.name, row.version, plan, state, row.submission)

    def row(self) -> Row:
        """The row of the changed schedule, with a version that was never there before."""
        version, plan = secrets.token_hex(8), self.plan.model_dump_json()
        return Row(self.owner, self.name, version, plan, self.submission, self.state.model_dump_json())

    def with_state(self, **changes: object) -> "StoredSchedule":
        """The same with these members of its state."""
        return replace(self, state=self.state.model_copy(update=changes))

    @property
    def next_microseconds(self) -> int | None:
        """The next due time, for Redis."""
        return None if self.state.next is None else (self.state.next - EPOCH) // MICROSECOND

    @cached_property
    def due_times(self) -> DueTimes:
        """When it is due."""
        return self.plan.due_times(self.state.first)

    @property
    def caller(self) -> Caller:
        """As whom it submits: its owner, with the key by which it was put."""
        return caller_with(self.plan.key, self.owner, (Scope.SUBMIT,), self.plan.limits)

    def task_id(self, due: datetime) -> str:
        """The id of the task of a due time: always the same."""
        return str(uuid5(self.plan.id, due.astimezone(UTC).isoformat(timespec="microseconds")))

    def options(self, submission: ScheduledSubmission, due: datetime) -> SubmissionOptions:
        """The options of the task of a due time: always the same."""
        share = int.from_bytes(hashlib.sha256(self.task_id(due).encode()).digest()[:4]) / 2**32
        return submission.options(share * self.plan.jitter)


def moment_of(microseconds: int) -> datetime:
    """A moment of Redis' clock."""
    return EPOCH + microseconds * MICROSECOND


def put_schedule(
    before: StoredSchedule | None,
    *,
    caller: Caller,
    owner: str,
    name: str,
    request: ScheduleRequest,
    submission: bytes,
    now: datetime,
) -> StoredSchedule:
    """The schedule with these rules, put by this caller.

    One that is due as before keeps its due times, also those that have come just now.
    """
    plan = Plan(
        **{name: getattr(request, name) for name in Rules.model_fields},
        id=uuid4() if before is None else before.plan.id,
        submits=request.submit.name,
        key=caller.name,
        limits=caller.limits,
        created_at=now if before is None else before.plan.created_at,
    )
    is_same = before is not None and before.plan.when == plan.when
    is_paused = bool(before and before.state.paused) if request.paused is None else request.paused
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
    changed = StoredSchedule(owner, name, "", plan, state, submission)
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
