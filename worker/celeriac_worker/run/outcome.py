"""What a task came to, in JSON: its result, strictly, or its failure, in words."""

import json
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from celeriac.ledger.model.task import Failure
from celeriac.ledger.protocol.message import TYPED_VALUE
from celeriac.short_text import shortened


class InvalidInput(Exception):
    """The input in the message does not fit the task's parameters."""


class InvalidResult(Exception):
    """The function returned something that strict JSON cannot say, or that its return type does not allow."""


class OutOfMemory(Exception):
    """The function raised MemoryError, which would have ended Celery's main process."""


class Exited(Exception):
    """The function tried to end its process, or to steer Celery by one of its own exceptions."""


def json_values(value: object, output: TypeAdapter[Any]) -> Any:
    """The result as JSON values, checked to be strict JSON. `InvalidResult` says what is wrong with it."""
    try:
        if value is None:  # which pydantic writes as null, whatever the type says
            output.validate_python((value,))
        (result,) = output.dump_python((value,), mode="json", warnings="error")
        text = json.dumps(result, allow_nan=False, ensure_ascii=False)
        text.encode()
        if '"__type__"' in text:
            json.loads(text, object_hook=_refuse_typed_value)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError) as wrong:
        raise InvalidResult(f"the task returned {_shown(value)}: {_reason(wrong)}") from wrong
    return result


def _refuse_typed_value(value: dict[str, Any]) -> None:
    if value.keys() == TYPED_VALUE:
        raise ValueError(
            "an object with the members '__type__' and '__value__' means something to Celery: rename one"
        )


def failure_of(error: BaseException) -> Failure:
    """Type and message of an exception, whatever it is made of."""
    try:
        # Celery's own text of it is the code that would make it.
        message = str(error.args[0] if isinstance(error, SoftTimeLimitExceeded) and error.args else error)
    except Exception:  # noqa: BLE001 - an exception whose own text cannot be made is still a failure to report
        message = "(the exception could not be turned into text)"
    printable = shortened(message).encode("utf-8", "backslashreplace").decode()
    return Failure(type(error).__name__, printable)


def invalid_input_sentence(wrong: ValidationError) -> str:
    """Which arguments do not fit, and why."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'input'}: {error['msg']}" for error in wrong.errors()
    )


def _shown(value: object) -> str:
    try:
        shown = repr(value)
    except Exception:  # noqa: BLE001 - for instance an integer too long to print
        return f"a {type(value).__name__}"
    return shown if len(shown) <= 100 else shown[:100] + "…"


def _reason(wrong: Exception) -> str:
    match wrong:
        case UnicodeEncodeError():
            return "text with a lone surrogate is not valid Unicode"
        case RecursionError():
            return "it is nested too deeply"
        case ValidationError():
            return wrong.errors()[0]["msg"]
        case PydanticSerializationError():
            return str(wrong).replace("Pydantic serializer warnings:\n", "").strip()
        case _:
            return str(wrong)
