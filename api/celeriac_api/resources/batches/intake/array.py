"""Receives a batch as a JSON array: all of its items are accepted, or none."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from celeriac.ledger.model.batch import BatchConflict, BatchGone, NewBatch
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.batches import BatchTable, Wants
from celeriac.values.fingerprint import fingerprint_of
from celeriac_api.acceptance import REFUSALS, problem_of
from celeriac_api.request import body
from celeriac_api.request.call import Call
from celeriac_api.request.json_text import items
from celeriac_api.resources.batches.intake.item_reader import DEEPEST_ITEM, ItemReader, at_item
from celeriac_api.resources.batches.parameters import NewBatchParameters
from celeriac_api.resources.batches.refusals import conflict, gone
from celeriac_api.response.errors import InvalidInput, MalformedJSON
from celeriac_api.submissions import Submissions

MOST_ITEMS = 10_000
READ_AT_ONCE = 100
# How many tasks and batches outside of an array its items may wait for: one step looks at all of them.
MOST_OUTSIDE = 1_000

_ARRAY: TypeAdapter[list[Any]] = TypeAdapter(list[Any])


async def receive_array(
    table: BatchTable,
    submissions: Submissions,
    call: Call[NewBatchParameters, None],
    new: NewBatch,
    *,
    largest: int,
) -> bool:
    """Accept all items of the body; whether that was done before."""
    raw = await body.read_bytes(call.receive, largest=largest)
    texts = await submissions.judge.judge(raw, _items)
    reader = ItemReader(submissions, call.caller, replace(new, is_keyed=False))
    read: list[Submission] = []
    for start in range(0, len(texts), READ_AT_ONCE):
        reading = await reader.read(texts[start : start + READ_AT_ONCE])
        read += reading.submissions
        if reading.problem is not None:
            raise at_item(reading.problem, len(read))
    ids = {submission.task_id for submission in read}
    outside = [task_id for task_id in reader.after if task_id not in ids]
    if len(outside) > MOST_OUTSIDE:
        raise InvalidInput(
            f"The items wait for {len(outside)} different tasks and batches outside of the array; at most {MOST_OUTSIDE} are "
            "allowed. Send the items line by line (application/x-ndjson), or make what they wait for a batch."
        )
    if new.is_keyed:
        new = replace(
            new,
            accepted_as=await submissions.judge.judge(raw, lambda text: _digest(text, new.label, new.notify)),
        )
    try:
        is_new = await table.commit(
            new, read, Wants(room=reader.room, after=outside, sees_all=call.caller.sees is None)
        )
    except BatchConflict as wrong:
        raise conflict(new.batch_id) from wrong
    except BatchGone as wrong:
        raise gone(new.batch_id) from wrong
    except REFUSALS as refusal:
        problem = problem_of(refusal)
        problem.detail += " Nothing of the array was accepted; sent line by line (application/x-ndjson), items wait for a limit."
        raise problem from refusal
    with suppress(Unavailable, InDoubt):  # it is accepted, and a keeper goes on
        await table.accept_staged(new.batch_id)
    return not is_new


def _items(raw: bytes) -> list[bytes]:
    """The texts of the items of a checked array."""
    if not raw:
        raise MalformedJSON("The body is empty: send a JSON array of submissions, or lines of them.")
    try:
        value = _ARRAY.validate_json(raw, strict=True)
    except ValidationError as wrong:
        raise body.refusal_of(wrong, raw, deepest=DEEPEST_ITEM + 1) from wrong
    if len(value) > MOST_ITEMS:
        raise InvalidInput(
            f"The array has {len(value)} items; at most {MOST_ITEMS} are allowed. Send them line by line (application/x-ndjson)."
        )
    return items(raw)


def _digest(raw: bytes, label: str | None, notify: str) -> str:
    """Identifies a whole array, in any spelling."""
    text = json.dumps([label, notify, json.loads(raw)], sort_keys=True)
    return "array " + fingerprint_of(text)
