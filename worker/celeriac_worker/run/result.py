"""Turns what a task returned into strict JSON values."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from celeriac.ledger.protocol.message import TYPED_VALUE


class InvalidResult(Exception):
    """The function returned something that strict JSON cannot say, or that its return type does not allow."""


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
