"""Finds in a message what would crash or block a Celery worker.

Upstream: https://github.com/celery/celery/issues/4308 and https://github.com/celery/celery/issues/7975.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

DEEPEST = 100
TEXT_OR_NOTHING = (str, type(None))

Rule = Callable[[Any, Any], bool]


def fault_of(message: Any, *, brackets: int) -> str | None:
    """The reason why a decoded message cannot be delivered; None if it can. `brackets` is the number of opening ones."""
    try:
        return _fault(message, brackets)
    except (KeyError, TypeError, AttributeError) as wrong:
        return f"it is not a Celery message: {type(wrong).__name__} {wrong}"


def _fault(message: Any, brackets: int) -> str | None:
    headers, properties = message["headers"], message["properties"]
    if message["content-type"] != "application/json":
        return f"its content type is {message['content-type']!r}; only JSON is supported"
    for words, holds in RULES.items():
        if not holds(headers, properties):
            return words
    if brackets > DEEPEST and _is_deep(headers, DEEPEST):
        return f"its headers are nested more than {DEEPEST} levels deep"
    return _fault_of_body(message["body"], properties.get("body_encoding"))


def _is_time_limit(value: Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(limit is None or (isinstance(limit, int | float) and limit >= 0) for limit in value)
    )


def _fault_of_body(body: Any, encoding: Any) -> str | None:
    """Nothing is parsed here: a parser is what such a body would bring down."""
    if not isinstance(body, str):
        return "its body is not a text"
    try:
        raw = base64.b64decode(body, validate=True) if encoding == "base64" else body.encode()
    except (binascii.Error, UnicodeEncodeError) as wrong:
        return f"its body cannot be decoded: {wrong}"
    return fault_of_arguments(raw)


def fault_of_arguments(raw: bytes) -> str | None:
    """The same for a decoded body."""
    if not raw.lstrip().startswith((b"[[", b"[ [", b"{")):
        return "its body is neither arguments nor an object"
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(raw) > DEEPEST:
        return f"its arguments are nested more than {DEEPEST} levels deep"
    return None


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    quoted = escaped = False
    for byte in raw:
        if escaped:
            escaped = False
        elif byte == 0x5C:
            escaped = quoted
        elif byte == 0x22:
            quoted = not quoted
        elif not quoted and byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif not quoted and byte in b"]}":
            depth -= 1
    return deepest


def _is_deep(value: Any, levels: int) -> bool:
    if levels == 0:
        return True
    match value:
        case dict():
            return any(_is_deep(child, levels - 1) for child in value.values())
        case list():
            return any(_is_deep(child, levels - 1) for child in value)
        case _:
            return False


# What is said of a message for which this does not hold, of its headers and properties.
RULES: dict[str, Rule] = {
    "its header 'task' is not a text": lambda headers, _: isinstance(headers["task"], str),
    "its header 'id' is not a text": lambda headers, _: isinstance(headers["id"], str),
    "its delivery_tag is not a text": lambda _, properties: isinstance(properties["delivery_tag"], str),
    "its delivery_info is not an object": lambda _, properties: isinstance(properties["delivery_info"], dict),
    "its header 'retries' is not a number": lambda headers, _: isinstance(headers.get("retries", 0), int),
    "its header 'timelimit' is not two numbers": lambda headers, _: _is_time_limit(headers.get("timelimit")),
    "its header 'eta' is not a text": lambda headers, _: isinstance(headers.get("eta"), TEXT_OR_NOTHING),
    "its header 'expires' is not a text": lambda headers, _: isinstance(
        headers.get("expires"), TEXT_OR_NOTHING
    ),
    "its header 'shadow' is not a text": lambda headers, _: isinstance(
        headers.get("shadow"), TEXT_OR_NOTHING
    ),
    "its header 'group' is not a text": lambda headers, _: isinstance(headers.get("group"), TEXT_OR_NOTHING),
}
