"""Checks the references to results in an input: `{"$result": id, "pointer": "/a/0"}`."""

import json
from collections.abc import Collection, Mapping

from celeriac.contract.definition import Definition
from celeriac.contract.fit.results import ResultFit
from celeriac.ledger.model.dependencies import When
from celeriac.values.json.pointer import pointer_to
from celeriac.values.json.result_references import Path, Reference, places, reference_of
from celeriac_api.request.body import invalid_input
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.response.errors import InvalidInput

# How many references of an input are judged; the worker finds out whether the others fit.
MOST_JUDGED = 200

# The references in an input, and where they are.
References = tuple[tuple[Path, Reference], ...]

# Its worker is Celery's own, where nothing puts results into an input.
IN_APP = (
    "should not refer to a result: {} is a task of an existing Celery app, which gets its input as it is. Submit it with the result "
    "itself, when it is there."
)


def fit_with_references(
    part: bytes, schema: InputSchema, *, into: Definition, after: Collection[str], when: When, at: str
) -> References:
    """The references to results in this part (at a JSON pointer) of a checked body.

    422 if a reference is malformed, or to a task that is not in `after`, or if the rest is not valid; also if there is one into a
    task of an existing app. The worker validates the whole.
    """
    objects = list(places(json.loads(part)))
    if not objects:
        schema.fit(part, at=at)
        return ()
    if into.app is not None:
        raise invalid_input([(at + pointer_to(objects[0][0]), IN_APP.format(into.name), None)])
    named = frozenset(after)
    references = tuple((path, _checked(path, value, named, when, at)) for path, value in objects)
    schema.fit_around(part, holes=[path for path, _ in objects], at=at)
    return references


def refuse_misfits(
    references: References, names: Mapping[str, str], fit: ResultFit, *, into: str, when: When, at: str
) -> None:
    """422 if a result cannot be where the input of the definition `into` refers to it, as far as both definitions tell.

    `names` has the definitions of those tasks of which it is known.
    """
    misfits = fit.misfits(references[:MOST_JUDGED], names, into=into, may_be_null=when is When.ENDED)
    wrong = [(at + pointer_to(path), sentence, reference.to_json()) for path, reference, sentence in misfits]
    if wrong:
        raise invalid_input(wrong)


def _checked(path: Path, value: dict[str, object], after: Collection[str], when: When, at: str) -> Reference:
    try:
        reference = reference_of(value)
    except ValueError as wrong:
        raise _invalid(path, str(wrong), value, at) from None
    if reference.task_id not in after:
        raise _invalid(path, "refers to the result of a task that is not in `after`", value, at)
    if when is When.FAILED:
        raise _invalid(path, "refers to a result, and a task that has failed has none", value, at)
    return reference


def _invalid(path: Path, sentence: str, value: object, at: str) -> InvalidInput:
    return invalid_input([(at + pointer_to(path), sentence, value)])
