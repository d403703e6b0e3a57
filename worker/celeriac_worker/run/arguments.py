"""Reads the arguments of a task's function out of its input."""

import inspect
import json
from typing import Any

from pydantic import ValidationError

from celeriac.contract.implementation import Implementation
from celeriac.files.form import Blobs
from celeriac_worker.run.failure import InvalidInput, invalid_input_sentence

LONGEST_IN_MESSAGE = 1_000


def input_json(implementation: Implementation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The input as a JSON object; `InvalidInput` where the positional ones do not fit."""
    try:
        return json.dumps(
            _signature(implementation).bind_partial(*args, **kwargs).arguments if args else kwargs
        )
    except (TypeError, ValueError) as wrong:
        raise InvalidInput(str(wrong)) from wrong


def arguments_of(
    implementation: Implementation,
    input_json: str | bytes,
    *,
    is_from_api: bool,
    blobs: Blobs | None = None,
) -> dict[str, Any]:
    """The function's arguments in their real types. The API has validated its own by the same rules. Large files are among `blobs`."""
    try:
        model = implementation.input_model.model_validate_json(input_json, strict=True, context=blobs)
    except ValidationError as wrong:
        raise _invalid(invalid_input_sentence(wrong), implementation, is_from_api=is_from_api) from None
    except (TypeError, ValueError) as wrong:
        raise _invalid(str(wrong), implementation, is_from_api=is_from_api) from wrong
    return dict(model.__dict__)


def _signature(implementation: Implementation) -> inspect.Signature:
    """Of the function, without what it shares."""
    signature = inspect.signature(implementation.function)
    parameters = [each for each in signature.parameters.values() if each.name not in implementation.shared]
    return signature.replace(parameters=parameters)


def _invalid(words: str, implementation: Implementation, *, is_from_api: bool) -> InvalidInput:
    if not is_from_api:
        return InvalidInput(words)
    return InvalidInput(
        f"{words[:LONGEST_IN_MESSAGE]}. The definition of {implementation.definition.celery_name!r} changed after the "
        "task was accepted, or differs between the API and this worker: submit the task again with a valid input"
    )
