"""Submits the task of each due time once, by the process that is first.

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
from celeriac.ledger.model.submission import Conflict, Submission
from celeriac.ledger.model.task import Gone
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.schedules import Row, ScheduleTable
from celeriac.schedules.catch_up import PATIENCE, next_step
from celeriac.schedules.known_definitions import KnownDefinitions
from celeriac.schedules.refusals import PASSING, is_fault, reason_of
from celeriac.schedules.rules import Overlap, ScheduleError
from celeriac.schedules.stored import EPOCH, MICROSECOND, StoredSchedule, moment_of

INTERVAL_SECONDS = 0.25
AT_ONCE = 100
# Of Redis or of the way to it: nothing is known then, and all is tried again.
_AWAY = (Unavailable, InDoubt, RedisError)

logger = logging.getLogger(__name__)


class Firing:
    """Runs rounds, each of which submits what is due."""

    def __init__(self, table: ScheduleTable, ledger: Ledger, definitions: KnownDefinitions) -> None:
        """Nothing is sent before `keep`. Other processes submit what this one has no definition of."""
        self._table, self._ledger, self._definitions = table, ledger, definitions
        self._is_answered = True

    async def keep(self) -> None:
        """Run rounds until cancelled. While Redis is away, nothing is due."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spreading load is no secret
            try:
                await self.go_round()
                self._is_answered = True
            except _AWAY as error:
                if self._is_answered:
                    logger.info("schedules: %s; trying again", error)
                self._is_answered = False
            except Exception:
                logger.exception("schedules: a round failed; trying again")

    async def go_round(self) -> None:
        """Submit all that is due now."""
        while True:
            at, rows = await self._table.claim_due(
                most=AT_ONCE, names=self._definitions.names, patience=PATIENCE
            )
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
            task_id = await self._accept(self._definitions.submission(schedule, due))
        except _AWAY:
            raise
        except Exception as error:
            if isinstance(error, PASSING) and now - due < PATIENCE:
                return None
            kind, detail = reason_of(error)
            logger.warning(
                "schedules: '%s' of owner '%s' has no task for a due time: %s",
                schedule.name, schedule.owner, kind, exc_info=error if is_fault(error) else None,
            )  # fmt: skip
            return moved.with_state(error=ScheduleError(due=due, type=kind, detail=detail))
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

    async def _accept(self, submission: Submission) -> str:
        """The id of the task of this due time, accepted now or earlier; or of the task that has its unique key."""
        with suppress(Conflict, Gone):  # accepted before the schedule was changed, or forgotten since
            accepted = await self._ledger.accept(submission)
            return accepted.task_id
        return submission.task_id
