"""Receives a batch line by line: each line is accepted as it comes."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace

from celeriac.ledger.model.batch import BatchConflict, BatchGone, NewBatch
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.submitter import LimitExceeded, QueueFull
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.request.call import Call
from celeriac_api.resources.batches.item_reader import ItemReader
from celeriac_api.resources.batches.lines import Line, LineTooLong, lines_of
from celeriac_api.resources.batches.parameters import NewBatchParameters
from celeriac_api.resources.batches.refusals import conflict, gone, refused_item
from celeriac_api.response.errors import Problem
from celeriac_api.response.problems import redis_problem
from celeriac_api.submissions import Submissions

# A limit may let nothing in for so long; then the batch is refused from there on.
PATIENCE_SECONDS = 30.0
SHORTEST_WAIT, LONGEST_WAIT = 0.02, 1.0


async def receive_lines(
    table: BatchTable,
    submissions: Submissions,
    call: Call[NewBatchParameters, None],
    new: NewBatch,
    *,
    largest: int,
) -> bool:
    """Accept all lines of the body, up to the first that is refused; whether the batch was begun before."""
    if new.is_keyed:
        new = replace(new, accepted_as=f"lines {_digest(new.label or '')}")
    try:
        opened = await table.open(new)
    except BatchConflict as wrong:
        raise conflict(new.batch_id) from wrong
    except BatchGone as wrong:
        raise gone(new.batch_id) from wrong
    adding = _Adding(table, new)
    reader = ItemReader(submissions, call.caller, new)
    try:
        async for lines in lines_of(call.receive, longest=largest):
            reading = await reader.read([line.text for line in lines])
            await adding.add(reading.submissions, lines)
            if reading.problem is not None:
                raise adding.stopped_at(lines[len(reading.submissions)].number, reading.problem)
    except LineTooLong as wrong:
        problem: Problem = adding.stopped_at(wrong.number, wrong)
    except Problem as wrong:
        problem = wrong
    else:
        await table.close_batch(new.batch_id)
        return opened.is_known
    if not new.is_keyed and problem.status < 500:
        await table.close_batch(new.batch_id)
    raise problem


class _Adding:
    """Adds what is read to a batch."""

    def __init__(self, table: BatchTable, new: NewBatch) -> None:
        """Nothing is added yet."""
        self._table, self._new = table, new
        self._count = 0

    async def add(self, submissions: Sequence[Submission], lines: Sequence[Line]) -> None:
        """Add these, which were read from these lines. Where a limit is reached, that takes longer, and the client has to wait."""
        now, added = asyncio.get_running_loop().time, 0
        deadline = now() + PATIENCE_SECONDS
        while added < len(submissions):
            try:
                answer = await self._table.add(self._new.batch_id, self._count, submissions[added:])
            except (Unavailable, InDoubt) as away:
                raise self.stopped_at(lines[added].number, redis_problem(away)) from away
            added, self._count = added + answer.accepted, self._count + answer.accepted
            if answer.accepted:
                deadline = now() + PATIENCE_SECONDS
            match answer.refusal:
                case None:
                    pass
                case LimitExceeded() | QueueFull() if now() < deadline:
                    await asyncio.sleep(min(max(answer.refusal.wait_seconds, SHORTEST_WAIT), LONGEST_WAIT))
                case refusal:
                    problem = refused_item(refusal, self._new.batch_id)
                    raise self.stopped_at(lines[added].number, problem) from refusal

    def stopped_at(self, line: int, problem: Problem) -> Problem:
        """The same problem, with the line, and what becomes of the batch."""
        rest = (
            "Send it again with the same key to go on."
            if self._new.is_keyed
            else "The batch is complete with these."
            if problem.status < 500
            else "It takes no more; after an hour, it is complete with these."
        )
        problem.detail = f"Line {line}: {problem.detail} {self._count} items before it are accepted, and none after it. {rest}"
        problem.members |= {"line": line, "accepted": self._count, "batch_id": self._new.batch_id}
        return problem


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
