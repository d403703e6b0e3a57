"""Turns what a task returned into strict JSON values."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from celeriac.contract.fit.written import written_type
from celeriac.files.form import Sink
from celeriac.ledger.protocol.message import TYPED_VALUE

# Readers in other languages give up at depths of their own, some at 64 or 100 levels: docs/reference/http.md.
DEEPEST = 100


class InvalidResult(Exception):
    """The function returned a value that strict JSON cannot represent, or that its return type does not allow."""


class ResultTooLarge(InvalidResult):
    """The function returned more than CELERIAC_MAX_RESULT_BYTES."""


def json_values(value: object, output: TypeAdapter[Any], *, most_bytes: int, sink: Sink | None = None) -> Any:
    """The result as JSON values: strict JSON of limited size and depth. `InvalidResult` describes what is wrong. Large files go into the sink."""
    return checked_result(value, output, most_bytes=most_bytes, sink=sink)[0]


def checked_result(
    value: object, output: TypeAdapter[Any], *, most_bytes: int, sink: Sink | None = None
) -> tuple[Any, str]:
    """The same, and their text."""
    try:
        if value is None:  # which pydantic writes as null, whatever the type says
            output.validate_python((value,))
        (result,) = output.dump_python((value,), mode="json", by_alias=True, warnings="error", context=sink)
        text = json.dumps(result, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
        if '"__type__"' in text:
            json.loads(text, object_hook=_refuse_typed_value)
        _refuse_misfit(written_type(output).misfit(result, text))
    except (PydanticSerializationError, ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise InvalidResult(f"the task returned {_shown(value)}: {_reason(wrong)}") from wrong
    if size > most_bytes:
        raise too_large(size, most_bytes)
    if text.count("[") + text.count("{") > DEEPEST and _is_deeper(result, DEEPEST):
        raise InvalidResult(
            f"the task returned {_shown(value)}: it is nested more than {DEEPEST} deep: flatten it"
        )
    return result, text


def too_large(size: int, most_bytes: int) -> ResultTooLarge:
    """That a result is longer than allowed."""
    return ResultTooLarge(
        f"the task returned {size:,} bytes of JSON, more than CELERIAC_MAX_RESULT_BYTES ({most_bytes:,}): "
        "return less, or store it elsewhere and return where it is"
    )


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_typed_value(value: dict[str, Any]) -> None:
    if value.keys() == TYPED_VALUE:
        raise ValueError(
            "an object with the members '__type__' and '__value__' has a special meaning in Celery: rename one of them"
        )


def _refuse_misfit(words: str | None) -> None:
    if words is not None:
        raise ValueError(words)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - for instance an integer too long to print
        return f"a {type(value).__name__}"
    return text if len(text) <= 100 else text[:100] + "…"


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
