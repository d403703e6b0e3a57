"""Runs again what failed in a batch, as a new batch."""

import asyncio
import json
from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from starlette.responses import Response

from celeriac.contract.options.flow import NO_FLOW, Flow
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.batch import Batch, BatchConflict, BatchGone, NewBatch, ids_in
from celeriac.ledger.model.dependencies import Dependencies, When
from celeriac.ledger.model.original import Original
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.task import Gone, Task
from celeriac.ledger.tables.batches import AT_ONCE, BatchTable
from celeriac.values.json.result_references import REFERENCE, places
from celeriac_api.access.caller import Caller
from celeriac_api.request.call import Call
from celeriac_api.request.submission.options import Retry
from celeriac_api.request.submission.original_input import input_to_repeat, repeating
from celeriac_api.resources.batches.handlers import find
from celeriac_api.resources.batches.intake.adding import Adding, Place
from celeriac_api.resources.batches.intake.receiving import answer, new_batch
from celeriac_api.resources.batches.parameters import RetryBatchParameters
from celeriac_api.resources.batches.refusals import conflict, gone
from celeriac_api.response.errors import BatchNotEnded, Problem
from celeriac_api.submissions import Submissions


class Failed(NamedTuple):
    """A task to run again: its number in the old batch, its id, and how it was submitted."""

    number: int
    task_id: str
    original: Original


class Retrying:
    """The handler of `POST /batches/{batch_id}/retry`."""

    def __init__(self, table: BatchTable, ledger: Ledger, submissions: Submissions) -> None:
        """`submissions` knows the definitions as they are now."""
        self._table, self._ledger, self._submissions = table, ledger, submissions

    async def retry(self, call: Call[RetryBatchParameters, None]) -> Response:
        """202 with the new batch."""
        batch_id, caller = call.parameters.batch_id, call.caller
        old = await find(self._table, batch_id, caller)
        if not old.ready:
            raise BatchNotEnded(
                f"Batch {batch_id} is not ready; what failed can be run again once it is.", batch_id=batch_id
            )
        key = call.parameters.key(caller.owner)
        new = new_batch(self._submissions, caller, key, label=old.label)
        if new.is_keyed:
            new = replace(new, accepted_as=f"retry {batch_id}")
        try:
            opened = await self._table.open(new)
        except BatchConflict as wrong:
            raise conflict(new.batch_id) from wrong
        except BatchGone as wrong:
            raise gone(new.batch_id) from wrong
        if not opened.is_complete:
            await self._add_all(old, new, caller)
        return answer(await find(self._table, new.batch_id, caller), is_known=opened.is_known)

    async def _add_all(self, old: Batch, new: NewBatch, caller: Caller) -> None:
        """Add what failed, some at a time. A problem ends the batch with what was added before, as with lines."""
        adding, again = Adding(self._table, new), _Again(self._submissions, caller, old, new)
        try:
            async for page in self._failed(old, caller):
                submissions, problem = again.submissions_of(page)
                places_of = [Place(f"Task {failed.task_id}", {"task_id": failed.task_id}) for failed in page]
                await adding.add(submissions, places_of)
                if problem is not None:
                    raise adding.stopped_at(places_of[len(submissions)], problem)
        except Problem as problem:
            if not new.is_keyed and problem.status < 500:
                await self._table.close_batch(new.batch_id)
            raise
        await self._table.close_batch(new.batch_id)

    async def _failed(self, old: Batch, caller: Caller) -> AsyncIterator[list[Failed]]:
        task_id = ids_in(old.batch_id)
        for first in range(0, old.total, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, old.total))
            tasks = await asyncio.gather(*(self._read(task_id(number), caller) for number in numbers))
            page = []
            for number, task in zip(numbers, tasks, strict=True):
                if task is None or not _is_to_run_again(task):
                    continue
                original = await self._ledger.original(task.task_id, owner=caller.sees)
                if original is not None:
                    page.append(Failed(number, task.task_id, original))
            if page:
                yield page

    async def _read(self, task_id: str, caller: Caller) -> Task | None:
        try:
            return await self._ledger.read_small(task_id, owner=caller.sees)
        except Gone:
            return None


def _is_to_run_again(task: Task) -> bool:
    if task.state is State.CANCELLED:
        return task.failure is not None and task.failure.type == "DependencyFailed"
    return task.state is State.FAILED


@dataclass
class _Again:
    """Makes the new submissions, and knows which tasks of the old batch are among them."""

    submissions: Submissions
    caller: Caller
    old: Batch
    new: NewBatch

    def __post_init__(self) -> None:
        """Nothing is made."""
        self._numbers = array("L")
        self._old_id, self._new_id = ids_in(self.old.batch_id), ids_in(self.new.batch_id)

    def submissions_of(self, page: list[Failed]) -> tuple[list[Submission], Problem | None]:
        """Submissions of these, up to the first that cannot run again, and the problem with that one."""
        submissions: list[Submission] = []
        for failed in page:
            try:
                submissions.append(self._submission(failed))
            except Problem as wrong:
                return submissions, wrong
        return submissions, None

    def _submission(self, failed: Failed) -> Submission:
        """The same again, to the definition as it is now; among those that run again, it runs after the same ones."""
        original = failed.original
        self.caller.require_submit(original.name)
        definition = self.submissions.definition_to_repeat(original)
        if original.queue is not None:
            definition = definition.in_queue(original.queue)
        when, edges, new_ids = self._edges(original)
        input_json = input_to_repeat(original, definition.declared)
        references = tuple(new_ids.get(task_id, task_id) for task_id in original.references)
        if new_ids.keys() & set(original.references):
            input_json = _with_ids(input_json, new_ids)
        after = tuple(dict.fromkeys((*new_ids.values(), *references)))
        dependencies = None
        with repeating(original, definition.declared):
            if after:
                definition.fitting_with_references(input_json, after=after, when=when, at="")
                sees_all = self.caller.sees is None
                dependencies = Dependencies(ids=after, when=when, sees_all=sees_all, references=references)
            else:
                definition.fitting(input_json, at="")
        flow = Flow.from_json(original.flow) if original.flow else NO_FLOW
        retry = Retry(
            failed.task_id,
            None,
            original.trace,
            key_ttl=timedelta(0),
            queue=original.queue,
            tags=original.tags,
            priority=original.priority,
            fair=original.fair,
        )
        options = replace(
            retry.resolve(None, dependencies),
            flow=definition.flow_keys(flow, input_json, at=""),
            name_in_batch=original.name_in_batch,
            edges=" ".join((when, *map(str, edges))) if edges else None,
            fingerprint=failed.task_id if self.new.is_keyed else None,
        )
        task_id = self._new_id(len(self._numbers))
        self._numbers.append(failed.number)
        return definition.submission(task_id, input_json, options, self.new.submitter)

    def _edges(self, original: Original) -> tuple[When, list[int], dict[str, str]]:
        """How what it runs after has to end; of those that run again the new numbers, and by the old id the new one."""
        word, *numbers = original.edges.split() or [original.when]
        edges, ids = [], {}
        for number in map(int, numbers):
            place = bisect_left(self._numbers, number)
            if place < len(self._numbers) and self._numbers[place] == number:
                edges.append(place)
                ids[self._old_id(number)] = self._new_id(place)
        return When(word), edges, ids


def _with_ids(input_json: bytes, new_ids: dict[str, str]) -> bytes:
    value = json.loads(input_json)
    for _, reference in places(value):
        if REFERENCE not in reference:
            continue
        reference[REFERENCE] = new_ids.get(reference[REFERENCE].lower(), reference[REFERENCE])
    return json.dumps(value, ensure_ascii=False).encode()
