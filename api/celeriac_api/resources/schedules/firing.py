"""Submits the task of each due time once, by the API process that is first.

A process claims what is due, submits the task under the id of its due time, and moves the schedule on, if nobody else has. After a crash
between the two, another process submits the same task again, which is the same task.
"""

import asyncio
import logging
import random
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError
from redis.exceptions import RedisError

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import Gone
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.schedules import Row, ScheduleTable
from celeriac_api.resources.schedules.catch_up import PATIENCE, next_step
from celeriac_api.resources.schedules.documents import Overlap, ScheduleError
from celeriac_api.resources.schedules.stored import EPOCH, MICROSECOND, StoredSchedule, moment_of
from celeriac_api.resources.schedules.submission import read_submission
from celeriac_api.response import errors
from celeriac_api.response.errors import Problem
from celeriac_api.submissions import Submissions

INTERVAL_SECONDS = 0.25
AT_ONCE = 100
# What may pass: it is tried again until the due time counts as missed.
_PASSING = (errors.LimitReached, errors.QueueFull, errors.UnknownTaskName)

logger = logging.getLogger(__name__)


class Firing:
    """Runs rounds, each of which submits what is due."""

    def __init__(self, table: ScheduleTable, ledger: Ledger, submissions: Submissions) -> None:
        """Nothing is sent before `keep`."""
        self._table, self._ledger, self._submissions = table, ledger, submissions
        self._is_answered = True

    async def keep(self) -> None:
        """Run rounds until cancelled. While Redis is away, nothing is due."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spreading load is no secret
            try:
                await self.go_round()
                self._is_answered = True
            except (Unavailable, InDoubt, RedisError, errors.SubmissionInDoubt) as error:
                if self._is_answered:
                    logger.info("schedules: %s; trying again", error)
                self._is_answered = False
            except Exception:
                logger.exception("schedules: a round failed; trying again")

    async def go_round(self) -> None:
        """Submit all that is due now."""
        while True:
            at, rows = await self._table.claim_due(most=AT_ONCE)
            if not rows:
                return
            now = moment_of(at)
            done = await asyncio.gather(*(self._fire(row, now) for row in rows), return_exceptions=True)
            for failure in done:
                if isinstance(failure, BaseException):
                    raise failure

    async def _fire(self, row: Row, now: datetime) -> None:
        try:
            schedule = StoredSchedule.of(row)
        except ValidationError:
            logger.exception("schedules: '%s' of owner '%s' cannot be read", row.name, row.owner)
            later = (now + PATIENCE - EPOCH) // MICROSECOND
            await self._table.move(row, version=row.version, due=later)
            return
        if schedule.state.next is None or schedule.state.next > now:  # its last process died with a claim
            await self._table.move(row, version=row.version, due=schedule.next_microseconds)
            return
        due, following = next_step(schedule.due_times, schedule.state.next, now, schedule.plan.catch_up)
        moved = schedule.with_state(next=following)
        if due is not None:
            outcome = await self._submit(schedule, moved, due, now)
            if outcome is None:
                return
            moved = outcome
        await self._table.move(moved.row(), version=row.version, due=moved.next_microseconds)

    async def _submit(
        self, schedule: StoredSchedule, moved: StoredSchedule, due: datetime, now: datetime
    ) -> StoredSchedule | None:
        """The schedule after this due time; None where it is tried again soon."""
        if not await self._may_run(schedule):
            return moved.with_state(last_skipped=due)
        try:
            task_id = await self._accept(schedule, due)
        except errors.SubmissionInDoubt:
            raise
        except Problem as problem:
            if isinstance(problem, _PASSING) and now - due < PATIENCE:
                return None
            logger.warning(
                "schedules: '%s' of owner '%s' has no task for a due time: %s",
                schedule.name, schedule.owner, problem.code,
            )  # fmt: skip
            return moved.with_state(error=ScheduleError(due=due, type=problem.type, detail=problem.detail))
        return moved.with_state(last_due=due, last_task_id=task_id, error=None)

    async def _may_run(self, schedule: StoredSchedule) -> bool:
        """Whether the task of the last due time does not stand in the way of the next one, or not any more."""
        last = schedule.state.last_task_id
        if last is None or schedule.plan.overlap is Overlap.QUEUE:
            return True
        if schedule.plan.overlap is Overlap.CANCEL_RUNNING:
            await self._ledger.cancel(last, owner=None, terminate=True)
            return True
        try:
            task = await self._ledger.read_small(last, owner=None)
        except Gone:
            return True
        return task is None or task.ready

    async def _accept(self, schedule: StoredSchedule, due: datetime) -> str:
        """The id of the task of this due time, accepted now or earlier; or of the task that has its unique key."""
        task_id = schedule.task_id(due)
        valid, submission = read_submission(self._submissions, schedule.submission)
        options = schedule.options(submission, due)
        with suppress(
            errors.IdempotencyConflict, Gone
        ):  # accepted before the schedule was changed, or forgotten since
            accepted = await self._submissions.accept(valid, options, task_id=task_id, caller=schedule.caller)
            return accepted.task_id
        return task_id
