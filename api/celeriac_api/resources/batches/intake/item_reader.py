"""Makes submissions of the items of a batch, some at a time, in their order."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from celeriac.contract.options.flow import NO_FLOW
from celeriac.ledger.ledger import MOST_NAMES
from celeriac.ledger.model.batch import NewBatch, ids_in
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.submission import Options, Submission
from celeriac.values.fingerprint import fingerprint_of
from celeriac.values.json.result_references import REFERENCE, places
from celeriac_api.access.caller import Caller
from celeriac_api.definitions.prepared import PreparedDefinition
from celeriac_api.request import body
from celeriac_api.request.json_text import member
from celeriac_api.request.schema.strict_json import DEEPEST, strict_values
from celeriac_api.request.submission.option_fields import options_of
from celeriac_api.resources.batches.intake.item import IS_ID, BatchItem
from celeriac_api.resources.batches.intake.misfits import Referring, first_misfit, others_of
from celeriac_api.response.errors import InvalidInput, Problem
from celeriac_api.submissions import Submissions

# An item may be nested as deep as its input, and a level more.
DEEPEST_ITEM = DEEPEST + 1
# Names are kept until the end of the batch, and a batch may have any number of items.
MOST_NAMED = 100_000
_PLAIN = frozenset(("name", "input"))
# An item of a name and an input, and nothing else, in this order; valid JSON.
_NAME_AND_INPUT = re.compile(
    rb'\s*\{\s*"name"\s*:\s*"[^"\\]*"\s*,\s*"input"\s*:\s*(\{.*\})\s*\}\s*', re.DOTALL
)
_validate = BatchItem.__pydantic_validator__.validate_json


@dataclass(slots=True)
class Reading:
    """Submissions of items, up to the first that is not valid, and the problem with that one."""

    submissions: list[Submission]
    problem: Problem | None = None


class ItemReader:
    """Reads the items of one batch of one caller."""

    def __init__(self, submissions: Submissions, caller: Caller, batch: NewBatch) -> None:
        """Nothing is read."""
        self._submissions, self._caller, self._batch = submissions, caller, batch
        self._task_id = ids_in(batch.batch_id)
        self._sees_all = caller.sees is None
        self._definitions: dict[str, PreparedDefinition] = {}
        # Of the items with a name: their number and definition.
        self._names: dict[str, tuple[int, str]] = {}
        # Of the items that are read together: what refers to results.
        self._referring: list[Referring] = []
        self._queues: frozenset[str] | None = None
        self._count = 0
        # What the items need: room in queues, and tasks and batches of elsewhere.
        self.room: dict[str, int] = {}
        self.after: dict[str, None] = {}

    async def read(self, texts: Sequence[bytes]) -> Reading:
        """The next items, each the text of one JSON value."""
        joined = b"[%b]" % b",".join(texts)
        if self._queues is None and b'"queue"' in joined:
            self._queues = await self._submissions.known_queues()
        reading = await self._submissions.judge.judge(joined, lambda whole: self._read(texts, whole))
        return await self._without_misfits(reading, joined) if self._referring else reading

    async def _without_misfits(self, reading: Reading, joined: bytes) -> Reading:
        """The same up to the first item that refers to a result which cannot fit."""
        referring, self._referring = self._referring, []
        others, names = others_of(referring), dict[str, str]()
        for start in range(0, len(others), MOST_NAMES):
            some = others[start : start + MOST_NAMES]
            names |= await self._submissions.names(some, caller=self._caller)
        fit = self._submissions.result_fit
        misfit = await self._submissions.judge.judge(joined, lambda _: first_misfit(referring, names, fit))
        if misfit is None:
            return reading
        place, problem = misfit
        return Reading(reading.submissions[:place], problem)

    def _read(self, texts: Sequence[bytes], joined: bytes) -> Reading:
        reading = Reading([])
        try:
            for text, (item, value) in zip(texts, _checked(texts, joined), strict=True):
                reading.submissions.append(self._submission(text, item, value, len(reading.submissions)))
                self._count += 1
        except Problem as problem:
            reading.problem = problem
        return reading

    def _submission(self, text: bytes, item: BatchItem, value: dict[str, Any], place: int) -> Submission:
        definition = self._definition(item.name)
        match = _NAME_AND_INPUT.fullmatch(text)
        options = None
        if match and item.model_fields_set <= _PLAIN and definition.flow is NO_FLOW:
            input_json = match[1]
            definition.fitting_value(input_json, value["input"], at="/input")
        else:
            definition, input_json, options = self._with_options(definition, text, item, value, place)
        if self._batch.is_keyed:
            options = replace(options or Options(), fingerprint=_digest(value))
        if options is None or (options.delay is None and options.dependencies is None):
            self.room[definition.queue] = self.room.get(definition.queue, 0) + 1
        if "name_in_batch" in item.model_fields_set:
            self._enter(item.name_in_batch, item.name)
        task_id = self._task_id(self._count)
        return definition.submission(task_id, input_json, options, self._batch.submitter, at="/input")

    def _with_options(
        self, definition: PreparedDefinition, text: bytes, item: BatchItem, value: dict[str, Any], place: int
    ) -> tuple[PreparedDefinition, bytes, Options | None]:
        members, input_json = item.given(), member(text, "input") or b"{}"
        edges: dict[int, str] = {}
        if item.after:
            members["after"] = self._ids(item.after, edges)
            input_json = self._with_ids(value, input_json)
        options = options_of({}, members)
        self._submissions.require_targets(options.notify)
        if options.queue is not None:
            definition = self._submissions.definition_in_queue(
                definition, options.queue, self._queues or frozenset(), at="/queue"
            )
        if options.after:
            valid = definition.fitting_with_references(
                input_json, after=options.after, when=options.when, at="/input"
            )
            options = replace(options, references=valid.needed)
            if valid.references:
                own = {self._task_id(number): name for number, name in edges.items()}
                self._referring.append(
                    Referring(place, item.name, options.when or When.SUCCEEDED, valid.references, own)
                )
        else:
            definition.fitting_value(input_json, value.get("input", {}), at="/input")
        resolved = options.resolve(item.name, input_json, key_ttl=timedelta(0), sees_all=self._sees_all)
        words = [options.when or When.SUCCEEDED, *map(str, edges)]
        return (
            definition,
            input_json,
            replace(
                resolved,
                flow=definition.flow_keys(options.flow, input_json, at="/input"),
                name_in_batch=item.name_in_batch,
                edges=" ".join(words) if edges else None,
            ),
        )

    def _definition(self, name: str) -> PreparedDefinition:
        if name not in self._definitions:
            definition = self._submissions.definition(name)
            self._caller.require_submit(name)
            self._definitions[name] = definition
        return self._definitions[name]

    def _enter(self, name: str, definition: str) -> None:
        if name in self._names:
            raise body.invalid_input(
                [("/as", f"should be another name: item {self._names[name][0]} has this one", name)]
            )
        if len(self._names) == MOST_NAMED:
            raise body.invalid_input(
                [("/as", f"should be absent: {MOST_NAMED} items have a name already", name)]
            )
        self._names[name] = self._count, definition

    def _ids(self, after: Sequence[str], edges: dict[int, str]) -> list[str]:
        """Ids in place of names; the numbers of items of this batch go into `edges`, with their definitions."""
        ids = []
        for place, word in enumerate(after):
            if word in self._names:
                number, name = self._names[word]
                edges[number] = name
                ids.append(self._task_id(number))
            elif IS_ID.match(word):
                ids.append(word.lower())
                self.after[word.lower()] = None
            else:
                sentence = (
                    "should be an id, or the name (`as`) of an earlier item; no earlier item has this one"
                )
                raise body.invalid_input([(f"/after/{place}", sentence, word)])
        return list(dict.fromkeys(ids))

    def _with_ids(self, item: dict[str, Any], input_json: bytes) -> bytes:
        """The input, with ids in place of the names in its references; byte for byte the same where there are none."""
        changed = False
        value = item.get("input", {})
        for _, reference in places(value):
            name = reference.get(REFERENCE)
            if isinstance(name, str) and name in self._names:
                reference[REFERENCE] = self._task_id(self._names[name][0])
                changed = True
        return json.dumps(value, ensure_ascii=False).encode() if changed else input_json


def _checked(texts: Sequence[bytes], joined: bytes) -> list[tuple[BatchItem, dict[str, Any]]] | Any:
    """Each item as the model and as a value. All are looked at together, and one by one where something is wrong."""
    try:
        items = [_validate(text, strict=True) for text in texts]
        return zip(items, strict_values(texts, joined, deepest=DEEPEST_ITEM), strict=True)
    except (ValidationError, Problem):
        return map(_check_one, texts)


def _check_one(text: bytes) -> tuple[BatchItem, dict[str, Any]]:
    item = body.validate(text, BatchItem, deepest=DEEPEST_ITEM)
    (value,) = strict_values([text], b"[%b]" % text, deepest=DEEPEST_ITEM)
    return item, value


def _digest(value: dict[str, Any]) -> str:
    """Identifies an item, in any spelling."""
    return fingerprint_of(json.dumps(value, sort_keys=True))


def at_item(problem: Problem, number: int) -> Problem:
    """The same problem for an array: its pointers begin at the whole body."""
    problem.detail = f"Item {number}: {problem.detail}"
    if isinstance(problem, InvalidInput):
        for error in problem.members.get("errors", ()):
            error["pointer"] = f"/{number}{error['pointer']}"
    return problem
