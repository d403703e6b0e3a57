"""Checks the input of a task that a running task submits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from celeriac.client import errors
from celeriac.client.wire.json_text import input_json
from celeriac.contract.submitting import NewTask
from celeriac.ledger.model.submission import NoSlot, NotUnique
from celeriac.ledger.protocol.message import TYPED_VALUE
from celeriac.values.json.holes import Holes
from celeriac.values.json.nesting import depth_of
from celeriac.values.json.pointer import pointer_to
from celeriac.values.json.result_references import REFERENCE, Path, Reference, places, reference_of

# As at the API's door (docs/reference/http.md).
DEEPEST, MOST_ERRORS = 32, 20


@dataclass(frozen=True)
class NewInput:
    """A valid input as JSON, and the results to which it refers."""

    json: bytes
    references: Sequence[tuple[Path, Reference]] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The ids of the tasks to whose results it refers."""
        return tuple(dict.fromkeys(reference.task_id for _, reference in self.references))


def checked_input(task: NewTask, model: type[BaseModel], *, largest: int) -> NewInput:
    """The input as the API would accept it; raises what the client raises for the API's refusal."""
    text = input_json(task.input, f"The input of {task.name!r}")
    if len(text) > largest:
        raise refused(
            errors.BodyTooLarge,
            413,
            "The body is too large",
            f"The input is larger than {largest} bytes, the limit of CELERIAC_MAX_BODY_BYTES.",
        )
    _refuse_harmful(text)
    references = _references(task, text) if REFERENCE.encode() in text else []
    try:
        model.model_validate_json(text, strict=True)
    except ValidationError as wrong:
        _refuse_around(wrong, [path for path, _ in references])
    return NewInput(text, references)


def refused(
    kind: type[errors.Problem], status: int, title: str, detail: str, **members: Any
) -> errors.Problem:
    """The error of the client, as it would have it from the API."""
    (name,) = kind.types
    document = {"type": errors.PREFIX + name, "title": title, "status": status, "detail": detail, **members}
    return kind(
        f"{title}: {detail}",
        status=status,
        type=name,
        title=title,
        detail=detail,
        request_id=None,
        problem=document,
        retry_after=None,
    )


def conflict(task_id: str) -> errors.Problem:
    """The error for a submission that an earlier one of the same task excludes."""
    return refused(
        errors.IdempotencyConflict,
        422,
        "The key belongs to another submission",
        f"This task has submitted {task_id} before, in this run or an earlier one, with another name, input or options: give each "
        "submission a key of its own if their order or number can differ from run to run.",
        task_id=task_id,
    )


def key_taken(taken: NotUnique | NoSlot) -> errors.Problem:
    """The error for a submission that does not wait for others of its key."""
    if isinstance(taken, NotUnique):
        task_id, key = taken.args
        return refused(
            errors.NotUnique,
            409,
            "Another task has the unique key",
            f"Task {task_id} has the unique key {key!r}.",
            task_id=task_id,
            key=key,
        )
    key, limit = taken.args
    return refused(
        errors.ConcurrencyLimit,
        409,
        "As many tasks of the key run as may",
        f"{limit} tasks with the key {key!r} are queued or run, as many as may.",
        key=key,
        limit=int(limit),
    )


def invalid(wrong: Sequence[tuple[str, str]]) -> errors.Problem:
    """The error for values that are not valid: for each its JSON pointer, and what is wrong."""
    listed = [{"pointer": pointer, "detail": detail} for pointer, detail in wrong[:MOST_ERRORS]]
    pointer, detail = wrong[0]
    more = f" ({len(wrong) - 1} more in `errors`)" if len(wrong) > 1 else ""
    sentence = f"{pointer or 'The input'}: {detail}{more}."
    return refused(errors.InvalidInput, 422, "The input is not valid", sentence, errors=listed)


def _references(task: NewTask, text: bytes) -> list[tuple[Path, Reference]]:
    references, wrong = [], []
    for path, value in places(json.loads(text)):
        try:
            references.append((path, reference_of(value)))
        except ValueError as error:
            wrong.append((pointer_to(path), str(error)))
    if task.when == "failed":
        wrong += [
            (pointer_to(path), "refers to a result, and a task that has failed has none")
            for path, _ in references
        ]
    if wrong:
        raise invalid(wrong)
    return references


def _refuse_around(wrong: ValidationError, holes: Sequence[Path]) -> None:
    """What is wrong with the rest of the input: what is at the holes is known later."""
    places = Holes(holes)
    misfits = [
        (pointer_to(error["loc"]), error["msg"])
        for error in wrong.errors(include_url=False, include_context=False, include_input=False)
        if not holes or error["loc"] not in places
    ]
    if misfits:
        raise invalid(misfits) from None


def _refuse_harmful(text: bytes) -> None:
    """What a worker could not read: too many levels, and what Celery takes for something else."""
    if text.count(b"{") + text.count(b"[") > DEEPEST and depth_of(json.loads(text)) > DEEPEST:
        raise invalid([("", f"The input is nested more than {DEEPEST} levels deep: flatten it")])
    if b'"__type__"' in text:
        json.loads(text, object_hook=_refuse_typed_value)


def _refuse_typed_value(value: dict[str, Any]) -> dict[str, Any]:
    if value.keys() == TYPED_VALUE:
        raise invalid(
            [("", "An object with the members '__type__' and '__value__' has a special meaning in Celery")]
        )
    return value
