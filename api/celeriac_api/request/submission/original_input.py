"""Reads the input of a task that the API or Celery accepted earlier."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from celeriac.contract.definition import Definition
from celeriac.ledger.model.original import Original
from celeriac.ledger.protocol.celery_call import CeleryCall, call_in, input_of
from celeriac.ledger.protocol.message import definition_mark
from celeriac_api.request.json_text import without_values
from celeriac_api.response.errors import InvalidInput


def shown_input(original: Original, definition: Definition | None) -> bytes:
    """The JSON object, without hidden values. What Celery has published has `args` and `kwargs` where the definition does not fit.

    Of a task that is in the catalog no more, nobody knows what was to be hidden.
    """
    hidden = None if definition is None else definition.hidden
    if original.message is None:
        return without_values(original.input_json, hidden)
    schema = None if definition is None else definition.input_schema
    value, is_bound = input_of(call_in(original.message), schema)
    return without_values(_text(value), hidden if is_bound or not hidden else None)


def has_changed(original: Original, definition: Definition) -> bool | None:
    """Whether the task was accepted under another definition than this one of its name; None where its record does not say it."""
    return None if original.definition is None else original.definition != definition_mark(definition.digest)


@contextmanager
def repeating(original: Original, definition: Definition) -> Iterator[None]:
    """What refuses the old input says whether the definition has changed since, and what helps."""
    try:
        yield
    except InvalidInput as wrong:
        name = repr(original.name)
        match has_changed(original, definition):
            case True:
                reason = f"The definition of {name} has changed since the task was accepted, and the input is no longer valid:"
            case False:
                reason = "The input of the task cannot be submitted again:"
            case None:
                reason = f"The input of the task is not valid for the definition of {name} as it is now:"
        raise InvalidInput(
            f'{reason} {wrong.detail} Send a valid input: {{"input": ...}}.', **wrong.members
        ) from wrong


def input_to_repeat(original: Original, definition: Definition) -> bytes:
    """The input for a retry. `InvalidInput` of a task that others follow in its canvas, or whose arguments are not an input."""
    if original.message is None:
        return original.input_json
    call = call_in(original.message)
    value, is_bound = input_of(call, definition.input_schema)
    if call is None or not is_bound:
        raise InvalidInput(
            f"The arguments that Celery's message of {original.name!r} contains are not an input of its definition. "
            'Send an input: {"input": ...}.'
        )
    _refuse_followed(call, original.name)
    return _text(value)


def _refuse_followed(call: CeleryCall, name: str) -> None:
    if call.followed_by is None:
        return
    raise InvalidInput(
        f"Celery runs {call.followed_by} after this task of {name!r}. A retry runs one task alone, and what follows would "
        'not run, or twice. Publish the canvas again, or send the input to run the task alone: {"input": ...}.'
    )


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
