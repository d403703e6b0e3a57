"""Checks the references to results in an input: `{"$result": id, "pointer": "/a/0"}`."""

import json
from collections.abc import Collection

from pydantic import BaseModel

from celeriac.ledger.model.dependencies import When
from celeriac.values.result_references import Path, places, reference_of
from celeriac_api.request.body import fit, fit_around, invalid_input, pointer_to
from celeriac_api.response.errors import InvalidInput


def fit_with_references(
    part: bytes, model: type[BaseModel], *, after: Collection[str], when: When, at: str
) -> tuple[str, ...]:
    """The ids of the tasks to whose results this part (at a JSON pointer) of a checked body refers, each once.

    422 if a reference is malformed, or to a task that is not in `after`, or if the rest is not valid for the model. The worker
    validates the whole.
    """
    objects = list(places(json.loads(part)))
    if not objects:
        fit(part, model, at=at)
        return ()
    named = frozenset(after)
    ids = dict.fromkeys(_checked(path, value, named, when, at) for path, value in objects)
    fit_around(part, model, holes=[path for path, _ in objects], at=at)
    return tuple(ids)


def _checked(path: Path, value: dict[str, object], after: Collection[str], when: When, at: str) -> str:
    try:
        task_id = reference_of(value).task_id
    except ValueError as wrong:
        raise _invalid(path, str(wrong), value, at) from None
    if task_id not in after:
        raise _invalid(path, "refers to the result of a task that is not in `after`", value, at)
    if when is When.FAILED:
        raise _invalid(path, "refers to a result, and a task that has failed has none", value, at)
    return task_id


def _invalid(path: Path, sentence: str, value: object, at: str) -> InvalidInput:
    return invalid_input([(at + pointer_to(path), sentence, value)])
