"""The request's body: read up to the limit, and checked to be JSON that no worker can stumble over."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from api.errors import BodyTooLarge, InvalidInput, MalformedJSON, Problem, UnsupportedMediaType

DEEPEST = 32
# kombu reads an object of exactly these two members as a typed value, whatever the function's types say.
TYPED_VALUE = {"__type__", "__value__"}

Model = TypeVar("Model", bound=BaseModel)


async def read_json(request: Request, *, largest: int) -> bytes:
    """The body's bytes; 415 unless it is said to be JSON, 413 when it is larger than `largest` bytes."""
    content_type = header(request, b"content-type")
    if content_type != b"application/json":
        _require_json(content_type.decode("latin-1"))
    chunks = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > largest:
            raise BodyTooLarge(
                f"The body is larger than {largest} bytes, the limit (CELERIAC_MAX_BODY_BYTES)."
            )
        if not message.get("more_body", False):
            return b"".join(chunks)


def header(request: Request, name: bytes) -> bytes:
    """The first header of this name (in lower case), or nothing."""
    for given, value in request.scope["headers"]:
        if given == name:
            return bytes(value)
    return b""


def _require_json(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        given = f"with content type {content_type!r}" if content_type else "without a content type"
        raise UnsupportedMediaType(
            f"The body came {given}; send JSON with the header 'Content-Type: application/json'."
        )


def validate(body: bytes, model: type[Model], *, at: str = "") -> Model:
    """The JSON text as this model, by JSON's own types; `at` is the JSON pointer of where in the request it stood.

    Malformed JSON is a 400; what does not fit the model, or would harm a worker, is a 422.
    """
    try:
        value = model.model_validate_json(body, strict=True)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False)
        if errors[0]["type"] == "json_invalid":
            raise _invalid_json(errors[0]["msg"]) from wrong
        _check(body)  # that it is no JSON goes before that it does not fit
        raise invalid_input(
            [(at + _pointer(error["loc"]), error["msg"], error["input"]) for error in errors]
        ) from wrong
    _check(body)
    return value


def invalid_input(wrong: Sequence[tuple[str, str, Any]]) -> InvalidInput:
    """The problem for values that do not fit: for each its JSON pointer, what is wrong, and the value."""
    errors = [
        {"pointer": pointer, "detail": f"{message} (given: {_shown(value)})"}
        for pointer, message, value in wrong
    ]
    first = errors[0]
    more = f" ({len(errors) - 1} more in `errors`)" if len(errors) > 1 else ""
    return InvalidInput(f"{first['pointer'] or 'The body'}: {first['detail']}{more}.", errors=errors)


def _invalid_json(message: str) -> Problem:
    """The parser of pydantic gives up at a depth of its own, before it knows whether the rest is JSON."""
    return _too_deep() if "recursion limit" in message else MalformedJSON(f"{message}.")


def _too_deep() -> InvalidInput:
    return InvalidInput(f"The body is nested more than {DEEPEST} deep: flatten it.")


def _check(body: bytes) -> None:
    """Refuse what pydantic lets through and a worker must not see: the decoder's hooks look at every value."""
    if _depth(_DECODER.decode(body.decode())) > DEEPEST:
        raise _too_deep()


def _pointer(location: Sequence[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _shown(value: Any) -> str:
    try:
        shown = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "a value that cannot be shown"
    return shown if len(shown) <= 80 else shown[:80] + "…"


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [child for parent in level for child in _children(parent)]:
        depth += 1
    return depth


def _children(value: Any) -> Any:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJSON(
            f"The name {twice!r} stands twice in one object; which value counts is undefined (RFC 8259 §4)."
        )
    if value.keys() == TYPED_VALUE:
        raise InvalidInput(
            "An object with the members '__type__' and '__value__' means something to Celery: rename one."
        )
    return value


def _constant(name: str) -> Any:
    raise MalformedJSON(f"{name} is no JSON: send a finite number, or null.")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise InvalidInput(f"The number {text[:40]} is too large for a double-precision float.")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
