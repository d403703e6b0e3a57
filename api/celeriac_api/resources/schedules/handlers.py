"""What the routes of schedules do: put, show, list, pause, resume, run and delete."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.definition import Definition
from celeriac.ledger.store.connection import Unavailable
from celeriac.ledger.tables.schedules import Row, ScheduleTable, TooMany
from celeriac.schedules.stored import (
    Put,
    StoredSchedule,
    moment_of,
    paused_schedule,
    put_schedule,
    resumed_schedule,
)
from celeriac_api.acceptance import accepted_headers
from celeriac_api.access.caller import Caller, caller_with
from celeriac_api.definitions.prepared import ValidInput
from celeriac_api.request import body
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import owner_cursor
from celeriac_api.request.new_id import new_id
from celeriac_api.request.parameter_types import USUAL_LIMIT
from celeriac_api.request.schema.strict_json import DEEPEST
from celeriac_api.request.submission.notify import notifications
from celeriac_api.resources.schedules.answers import document_of, listed_document
from celeriac_api.resources.schedules.declared import OWNER
from celeriac_api.resources.schedules.documents import DueTimesDocument, SchedulePage, ScheduleRequest
from celeriac_api.resources.schedules.parameters import (
    ListParameters,
    NextParameters,
    OfSchedule,
    PutParameters,
    not_found,
)
from celeriac_api.resources.schedules.submission import (
    fitting_input,
    input_of,
    marked,
    submission_of,
    submits_of,
)
from celeriac_api.response.address import address
from celeriac_api.response.errors import MalformedJSON, ScheduleDeclared, TooManySchedules
from celeriac_api.response.json_bytes import Answer, model_answer
from celeriac_api.response.task_document import task_document
from celeriac_api.submissions import Submissions

USUAL_DUE_TIMES = 10
# So often a change is tried that another one has overtaken.
MOST_TRIES = 20

Change = Callable[[StoredSchedule, datetime], StoredSchedule]


class NewSchedule(NamedTuple):
    """A valid body."""

    request: ScheduleRequest
    valid: ValidInput


class Handlers:
    """The handlers, with the schedules in Redis. A caller that does not see all sees the schedules of its owner."""

    def __init__(
        self, table: ScheduleTable, submissions: Submissions, catalog: Mapping[str, Definition], *, most: int
    ) -> None:
        """`submissions` checks what is to be submitted; `catalog` knows which values are hidden. An owner has at most `most`."""
        self._table, self._submissions, self._most = table, submissions, most
        self._catalog = catalog

    def read(self, caller: Caller, raw: bytes) -> NewSchedule:
        """The body of `PUT`, whose task the caller may submit."""
        if not raw:
            raise MalformedJSON(
                'The body is empty: send a JSON object with "submit", and "cron", "every" or "at".'
            )
        request = body.validate(raw, ScheduleRequest, deepest=DEEPEST + 2)
        self._submissions.definition(request.submit.name)
        caller.require_submit(request.submit.name)
        self._submissions.require_targets(notifications(request.submit.notify), at="/submit")
        valid = fitting_input(self._submissions, request.submit, input_of(raw))
        valid.definition.flow_keys(request.submit.options().flow, valid.json, at=valid.at)
        return NewSchedule(request, valid)

    async def put(self, call: Call[PutParameters, NewSchedule]) -> Response:
        """A new schedule, or other rules for one that is there."""
        name, request = call.parameters.name, call.body.request
        owner, queue = call.parameters.whose(call.caller), request.submit.queue
        if queue is not None:
            await self._submissions.in_queue(call.body.valid, queue, at="/submit/queue")
        put = Put(
            rules=request,
            submits=request.submit.name,
            submission=await submits_of(
                self._submissions, request.submit, call.body.valid, schedule=name, caller=call.caller
            ),
            key=call.caller.name,
            limits=call.caller.limits,
            paused=request.paused,
        )
        for _ in range(MOST_TRIES):
            before, now = await self._read(owner, name)
            if before is not None:
                call.caller.require_submit(before.plan.submits)
                _refuse_declared(before)
            after = await asyncio.to_thread(put_schedule, before, put, owner=owner, name=name, now=now)
            row, due = after.row(), after.next_microseconds
            if before is None and await self._create(row, due):
                return Answer(self._document(after), 201, location=address(f"/schedules/{name}"))
            if before is not None and await self._table.replace(row, version=before.version, due=due):
                return Answer(self._document(after), 200)
        raise _overtaken(name)

    async def _create(self, row: Row, due: int | None) -> bool:
        try:
            return await self._table.create(row, due=due, most=self._most)
        except TooMany as many:
            raise TooManySchedules(
                f"There are {self._most} schedules already, which is the most that an owner may have "
                "(CELERIAC_MAX_SCHEDULES). Delete one first."
            ) from many

    async def get(self, call: Call[OfSchedule, None]) -> Response:
        """One schedule."""
        schedule, _ = await self._find(call.parameters, call.caller)
        return Answer(self._document(schedule), 200)

    async def list_all(self, call: Call[ListParameters, None]) -> Response:
        """A page of schedules."""
        limit = call.parameters.limit or USUAL_LIMIT
        owner = call.parameters.owner if call.caller.sees is None else call.caller.sees
        if call.parameters.owner not in (None, owner):
            return model_answer(SchedulePage(items=[], next_cursor=None))
        # One more than the page has shows whether there is another page.
        _, rows = await self._table.page(owner=owner, after=call.parameters.cursor, limit=limit + 1)
        items = [StoredSchedule.of(row) for row in rows[:limit]]
        cursor = _cursor_after(items[-1]) if len(rows) > limit else None
        return model_answer(SchedulePage(items=list(map(listed_document, items)), next_cursor=cursor))

    async def due_times(self, call: Call[NextParameters, None]) -> Response:
        """The next due times."""
        schedule, _ = await self._find(call.parameters, call.caller)
        first = schedule.state.next
        if first is None:
            return model_answer(DueTimesDocument(items=[]))
        count = call.parameters.count or USUAL_DUE_TIMES
        further = partial(_further, schedule, first, count - 1)
        return model_answer(DueTimesDocument(items=[first, *await asyncio.to_thread(further)]))

    async def pause(self, call: Call[OfSchedule, None]) -> Response:
        """A schedule that is due no more."""
        return await self._change(call, paused_schedule)

    async def resume(self, call: Call[OfSchedule, None]) -> Response:
        """A schedule that is due again."""
        return await self._change(call, resumed_schedule)

    async def run(self, call: Call[OfSchedule, None]) -> Response:
        """A task of a schedule, now."""
        schedule, _ = await self._find(call.parameters, call.caller)
        call.caller.require_submit(schedule.plan.submits)
        submission = submission_of(schedule)
        valid = fitting_input(self._submissions, submission, schedule.submission.input)
        options = marked(submission.options(), schedule.name)
        valid = valid.with_options(options)
        plan = schedule.plan
        caller = caller_with(plan.key, schedule.owner, (Scope.SUBMIT,), plan.limits)
        accepted = await self._submissions.accept(valid, options, task_id=new_id(), caller=caller)
        task = await self._submissions.task_of(valid, accepted, caller)
        document = task_document(task, show_traceback=False)
        return Answer(document, 202, **accepted_headers(accepted))

    async def delete(self, call: Call[OfSchedule, None]) -> Response:
        """The end of a schedule; its tasks stay."""
        for _ in range(MOST_TRIES):
            schedule, _now = await self._find(call.parameters, call.caller)
            call.caller.require_submit(schedule.plan.submits)
            _refuse_declared(schedule)
            if await self._table.remove(schedule.row()._replace(version=schedule.version)):
                return Response(status_code=204)
        raise _overtaken(call.parameters.name)

    async def _change(self, call: Call[OfSchedule, None], change: Change) -> Response:
        for _ in range(MOST_TRIES):
            before, now = await self._find(call.parameters, call.caller)
            call.caller.require_submit(before.plan.submits)
            after = await asyncio.to_thread(change, before, now)
            due = after.next_microseconds
            if after is before or await self._table.move(after.row(), version=before.version, due=due):
                return Answer(self._document(after), 200)
        raise _overtaken(call.parameters.name)

    async def _find(self, parameters: OfSchedule, caller: Caller) -> tuple[StoredSchedule, datetime]:
        schedule, now = await self._read(parameters.whose(caller), parameters.name)
        if schedule is None and parameters.owner is None and caller.sees is None:
            schedule, now = await self._read(
                OWNER, parameters.name
            )  # one of a declaration, which is nobody's
        if schedule is None:
            raise not_found(parameters.name)
        return schedule, now

    async def _read(self, owner: str, name: str) -> tuple[StoredSchedule | None, datetime]:
        at, rows = await self._table.read(owner, name)
        return StoredSchedule.of(rows[0]) if rows else None, moment_of(at)

    def _document(self, schedule: StoredSchedule) -> bytes:
        definition = self._catalog.get(schedule.plan.submits)
        # Of a definition that is in the catalog no more, nobody knows what was to be hidden.
        return document_of(schedule, None if definition is None else definition.hidden)


def _further(schedule: StoredSchedule, first: datetime, count: int) -> list[datetime]:
    return list(islice(schedule.due_times.from_on(first), count))


def _cursor_after(last: StoredSchedule) -> str:
    return owner_cursor(last.owner, last.name)


def _refuse_declared(schedule: StoredSchedule) -> None:
    if schedule.plan.declared:
        raise ScheduleDeclared(
            f"The schedule {schedule.name!r} is declared with the task {schedule.plan.submits!r}: change the declaration. "
            f"POST {address(f'/schedules/{schedule.name}/pause')} pauses it."
        )


def _overtaken(name: str) -> Unavailable:
    return Unavailable(f"the schedule {name!r} is changed by others all the time")
