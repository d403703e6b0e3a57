"""Receives a batch line by line: each line is accepted as it comes."""

from dataclasses import replace

from celeriac.ledger.model.batch import BatchConflict, BatchGone, NewBatch
from celeriac.ledger.tables.batches import BatchTable
from celeriac.values.fingerprint import fingerprint_of
from celeriac_api.request.call import Call
from celeriac_api.resources.batches.intake.adding import Adding, Place
from celeriac_api.resources.batches.intake.item_reader import ItemReader
from celeriac_api.resources.batches.intake.lines import LineTooLong, lines_of
from celeriac_api.resources.batches.parameters import NewBatchParameters
from celeriac_api.resources.batches.refusals import conflict, gone
from celeriac_api.response.errors import Problem
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
        new = replace(new, accepted_as=f"lines {fingerprint_of((new.label or '') + new.notify)}")
    try:
        opened = await table.open(new)
    except BatchConflict as wrong:
        raise conflict(new.batch_id) from wrong
    except BatchGone as wrong:
        raise gone(new.batch_id) from wrong
    adding = Adding(table, new)
    reader = ItemReader(submissions, call.caller, new)
    try:
        async for lines in lines_of(call.receive, longest=largest):
            reading = await reader.read([line.text for line in lines])
            await adding.add(reading.submissions, [_place(line.number) for line in lines])
            if reading.problem is not None:
                raise adding.stopped_at(_place(lines[len(reading.submissions)].number), reading.problem)
    except LineTooLong as wrong:
        problem: Problem = adding.stopped_at(_place(wrong.number), wrong)
    except Problem as wrong:
        problem = wrong
    else:
        await table.close_batch(new.batch_id)
        return opened.is_known
    if not new.is_keyed and problem.status < 500:
        await table.close_batch(new.batch_id)
    raise problem


def _place(line: int) -> Place:
    return Place(f"Line {line}", {"line": line})
