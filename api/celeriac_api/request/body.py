"""Reads the body up to the limit and validates it against a model."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from celeriac.files.form import Blobs
from celeriac.values.json.holes import Holes
from celeriac.values.json.pointer import pointer_to
from celeriac_api.request.fields import Fields
from celeriac_api.request.schema.strict_json import DEEPEST, check, invalid_json
from celeriac_api.response.errors import (
    BodyTooLarge,
    InvalidInput,
    Problem,
    UnsupportedMediaType,
)

MOST_ERRORS = 20
# Pydantic lists all errors or none, and takes 2 µs for each, in which nothing else runs.
MOST_LISTABLE = 20_000
LONGEST_VALUE = 80
# An object or array with so few numbers and short texts is written at once.
SHORT, NUMBERS = 8, frozenset((int, float, bool, type(None)))
LONGEST_MESSAGE = 300
LONGEST_POINTER = 200

Model = TypeVar("Model", bound=BaseModel)


JSON = "application/json"


async def read_json(fields: Fields, receive: Receive, *, largest: int) -> bytes:
    """The body's bytes, none when there is no body; 415 unless it is plain JSON, 413 over `largest` bytes."""
    if fields.get(b"content-type") == b"application/json" and b"content-encoding" not in fields:
        return await read_bytes(receive, largest=largest)
    try:
        media_type(fields, JSON)
    except UnsupportedMediaType:
        if is_announced(fields) or await read_bytes(receive, largest=largest):
            raise
        return b""
    return await read_bytes(receive, largest=largest)


def refuse_body(fields: Fields, *, method: str) -> None:
    """Refuse a body that the route does not read, with 422."""
    if is_announced(fields):
        raise InvalidInput(f"This route accepts no body: send the {method} without one.")


def is_announced(fields: Fields) -> bool:
    """Whether these headers say that a body follows (RFC 9112 §6)."""
    length = fields.get(b"content-length")
    return b"transfer-encoding" in fields or (length is not None and length.strip(b"0 ") != b"")


async def read_bytes(receive: Receive, *, largest: int) -> bytes:
    """The body's bytes; 413 over `largest` bytes."""
    chunks = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > largest:
            raise BodyTooLarge(
                f"The body is larger than {largest} bytes, the limit of this key or of CELERIAC_MAX_BODY_BYTES."
            )
        if not message.get("more_body", False):
            return b"".join(chunks)


def media_type(fields: Fields, *types: str) -> str:
    """Which of these the body is; 415 if it is none of them, or is encoded. The first one is named to those who send another."""
    encoding = fields.get(b"content-encoding", b"").strip().lower()
    if encoding not in (b"", b"identity"):
        raise UnsupportedMediaType(
            f"The body has the content encoding {encoding.decode('latin-1')[:LONGEST_VALUE]!r}; send it unencoded.",
            headers={"Accept-Encoding": "identity"},
        )
    content_type = fields.get(b"content-type", b"").decode("latin-1")
    media = content_type.partition(";")[0].strip().lower()
    if media in types:
        return media
    description = f"the content type {content_type[:LONGEST_VALUE]!r}" if content_type else "no content type"
    headers = " or ".join(f"'Content-Type: {each}'" for each in types[:2])
    raise UnsupportedMediaType(f"The body has {description}; send JSON with the header {headers}.")


def validate(body: bytes, model: type[Model], *, deepest: int = DEEPEST, blobs: Blobs | None = None) -> Model:
    """The JSON text as this model, by JSON's own types. It may name these blobs.

    Malformed JSON gets 400; a value that is not valid for the model, or would harm a worker, gets 422.
    """
    try:
        value = model.model_validate_json(body, strict=True, context=blobs)
    except ValidationError as wrong:
        raise refusal_of(wrong, body, deepest=deepest) from wrong
    check(body, deepest=deepest)
    return value


def fit(part: bytes, model: type[BaseModel], *, at: str, blobs: Blobs | None = None) -> None:
    """Refuse with 422 a part (at this JSON pointer) of a checked body, unless it is valid for the model. It may name these blobs."""
    try:
        model.model_validate_json(part, strict=True, context=blobs)
    except ValidationError as wrong:
        raise _misfit(wrong, at=at) from wrong


def fit_around(part: bytes, model: type[BaseModel], *, holes: Sequence[Sequence[int | str]], at: str) -> None:
    """The same, but the values at these places can be any: what is there is known later."""
    try:
        model.model_validate_json(part, strict=True)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False)
        places = Holes(holes)
        rest = [error for error in errors if error["loc"] not in places]
        if rest:
            raise invalid_input(
                [
                    (at + pointer_to(error["loc"]), error["msg"], error["input"])
                    for error in rest[:MOST_ERRORS]
                ],
                count=len(rest),
            ) from wrong


def invalid_input(
    wrong: Sequence[tuple[str, str, Any]], *, count: int | None = None, or_more: bool = False
) -> InvalidInput:
    """The problem for values that are not valid: for each its JSON pointer, what is wrong, and the value.

    It lists at most `MOST_ERRORS`; `count` is their number, if `wrong` does not contain all, or the least that it may be.
    """
    errors = [
        {
            "pointer": _cut(pointer, LONGEST_POINTER),
            "detail": f"{_cut(message, LONGEST_MESSAGE)} (given: {_shown(value)})",
        }
        for pointer, message, value in wrong[:MOST_ERRORS]
    ]
    first, count = errors[0], count or len(wrong)
    more = f" ({count - 1} more in `errors`)" if count > 1 else ""
    if count > len(errors):
        others = f"{count - 1} or more" if or_more else f"{count - 1} more"
        more = f" ({others}; `errors` lists {len(errors) - 1} of them)"
    return InvalidInput(f"{first['pointer'] or 'The body'}: {first['detail']}{more}.", errors=errors)


def refusal_of(wrong: ValidationError, body: bytes, *, deepest: int) -> Problem:
    """That it is not valid JSON goes before that it does not fit."""
    if wrong.error_count() == 1 and (error := wrong.errors(include_input=False)[0])["type"] == "json_invalid":
        return invalid_json(error["msg"])
    check(body, deepest=deepest)
    return _misfit(wrong, at="")


def _misfit(wrong: ValidationError, *, at: str) -> InvalidInput:
    count = wrong.error_count()
    if count > MOST_LISTABLE:
        return InvalidInput(
            f"{count} values of the body are not valid, too many to list: send a part of the body to see why."
        )
    errors = wrong.errors(include_url=False, include_context=False)[:MOST_ERRORS]
    return invalid_input(
        [(at + pointer_to(error["loc"]), error["msg"], error["input"]) for error in errors], count=count
    )


def _shown(value: Any) -> str:
    """The value's JSON, as much of it as is shown: the rest is not even written."""
    try:
        text = _ENCODER.encode(value) if _is_short(value) else "".join(_beginning(value))
        return _cut(_HASH.sub("", text), LONGEST_VALUE)
    except (ValueError, RecursionError):
        return "a value that cannot be shown"


def _is_short(value: Any) -> bool:
    """Whether all of it may be written at once: an encoder that can stop takes ten times as long."""
    if isinstance(value, dict | list) and len(value) > SHORT:
        return False
    parts = (
        (*value, *value.values())
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else (value,)
    )
    return all(type(part) in NUMBERS or (type(part) is str and len(part) <= LONGEST_VALUE) for part in parts)


def _beginning(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        value = value[: LONGEST_VALUE + 1]
    return islice(_ENCODER.iterencode(value), LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
# By which a validated input names a large file of its request: nobody outside is shown it.
_HASH = re.compile(r'"\$blob": "[^"]*"(, )?')
