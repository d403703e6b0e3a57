"""Keeps the schedules that declarations make: `@task(schedule=…)`.

They belong to nobody, so only those who see all see them. A process that starts puts those that differ, and notes every minute which
it declares: what no process declares any more is removed after ten.
"""

import asyncio
import logging
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json
from redis.exceptions import RedisError

from celeriac.contract.catalog import Implementations
from celeriac.contract.options.schedule import Every, Schedule
from celeriac.contract.signature import ContractError
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.schedules import ScheduleTable
from celeriac.schedules.stored import Put, StoredSchedule, moment_of, put_schedule
from celeriac_api.access.caller import OPEN
from celeriac_api.request.json_text import member
from celeriac_api.resources.schedules.documents import ScheduleRequest
from celeriac_api.resources.schedules.submission import fitting_input, submits_of
from celeriac_api.submissions import Submissions

# Schedules of declarations belong to nobody.
OWNER = ""
# So many schedules of declarations are no limit.
MOST = 1_000_000
NOTED = timedelta(minutes=1)
FORGOTTEN = timedelta(minutes=10)
_RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class DeclaredSchedules:
    """The schedules of all declarations."""

    def __init__(
        self, implementations: Implementations, table: ScheduleTable, submissions: Submissions
    ) -> None:
        """`ContractError` if two declarations make schedules of the same name."""
        self._requests = dict(_requests(implementations))
        self._table, self._submissions = table, submissions

    async def keep(self) -> None:
        """Put them when Redis is there, then note every minute that they are declared, until cancelled."""
        is_put = False
        while True:
            try:
                if not is_put:
                    await self.put_all()
                is_put = True
                await self.note()
            except (Unavailable, InDoubt, RedisError) as error:
                logger.info("schedules: those of declarations cannot be put yet: %s; trying again", error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await asyncio.sleep(NOTED.total_seconds() * random.uniform(0.8, 1.0))  # noqa: S311 - spreading load is no secret

    async def put_all(self) -> None:
        """Put those that are not there, or differ."""
        for name, body in self._requests.items():
            put = await self._put_of(name, body)
            while not await self._put(name, put):
                pass

    async def note(self) -> None:
        """Note that this process declares them, and remove what no process declares any more."""
        names = list(self._requests)
        for name in await self._table.note_declared(OWNER, names, patience=FORGOTTEN):
            logger.info("schedules: '%s' is removed, because no process declares it any more", name)

    async def _put_of(self, name: str, body: bytes) -> Put:
        request = ScheduleRequest.model_validate_json(body, strict=True)
        text = member(member(body, "submit") or b"{}", "input") or b"{}"
        valid = fitting_input(self._submissions, request.submit, text)
        submission = await submits_of(self._submissions, request.submit, valid, schedule=name, caller=OPEN)
        return Put(rules=request, submits=request.submit.name, submission=submission, key="", declared=True)

    async def _put(self, name: str, put: Put) -> bool:
        """Whether it is as declared now, or somebody has changed it meanwhile."""
        at, rows = await self._table.read(OWNER, name)
        before = StoredSchedule.of(rows[0]) if rows else None
        if before is not None and before.is_as(put):
            return True
        after = put_schedule(before, put, owner=OWNER, name=name, now=moment_of(at))
        row, due = after.row(), after.next_microseconds
        if before is None:
            return await self._table.create(row, due=due, most=MOST)
        return await self._table.replace(row, version=before.version, due=due)


def _requests(implementations: Implementations) -> Iterator[tuple[str, bytes]]:
    """For each schedule its name and the body that would put it."""
    names: dict[str, str] = {}
    for task, implementation in implementations.items():
        for name, schedule in implementation.schedules.items():
            first_task = names.setdefault(name, task)
            if first_task != task:
                raise ContractError(
                    f"The tasks {first_task!r} and {task!r} both declare a schedule with the name {name!r}: give one another "
                    "name, with Schedule(name=...)."
                )
            yield name, _body(task, name, schedule)


def _body(task: str, name: str, schedule: Schedule | Every) -> bytes:
    submit: dict[str, Any] = {"name": task, "input": dict(schedule.input)}
    if schedule.expires is not None:
        submit["expires"] = schedule.expires.total_seconds()
    body = to_json(
        {
            "submit": submit,
            **schedule.when(),
            "overlap": schedule.overlap,
            "catch_up": schedule.catch_up,
            "jitter": schedule.jitter.total_seconds(),
        }
    )
    try:
        ScheduleRequest.model_validate_json(body, strict=True)
    except ValidationError as wrong:
        raise ContractError(f"Task {task!r}: its schedule {name!r} is not valid: {wrong}") from wrong
    return body
