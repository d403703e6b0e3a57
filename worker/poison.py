"""What may not be in a message: what would end a worker of Celery's, measured case by case, or make it stumble for ever."""

import base64
import binascii
from typing import Any

DEEPEST = 100
TEXT_OR_NOTHING = (str, type(None))


def fault_of(message: Any) -> str | None:
    """Why a decoded message is not fit for delivery; None for one that is."""
    try:
        return _fault(message)
    except (KeyError, TypeError, AttributeError) as wrong:
        return f"it is no message of Celery's: {type(wrong).__name__} {wrong}"


def _fault(message: Any) -> str | None:
    headers, properties = message["headers"], message["properties"]
    if message["content-type"] != "application/json":
        return f"its content type is {message['content-type']!r}; only JSON is read"
    wrong = [words for words, is_right in _rules(headers, properties).items() if not is_right]
    return wrong[0] if wrong else _fault_of_body(message["body"], properties.get("body_encoding"))


def _rules(headers: Any, properties: Any) -> dict[str, bool]:
    texts = [headers.get(name) for name in ("eta", "expires", "shadow", "group")]
    return {
        "its header 'task' is no text": isinstance(headers["task"], str),
        "its header 'id' is no text": isinstance(headers["id"], str),
        "its delivery_tag is no text": isinstance(properties["delivery_tag"], str),
        "its delivery_info is no object": isinstance(properties["delivery_info"], dict),
        "its header 'retries' is no number": isinstance(headers.get("retries", 0), int),
        "its header 'timelimit' is not two numbers": _is_time_limit(headers.get("timelimit")),
        "its header 'eta', 'expires', 'shadow' or 'group' is no text": all(
            isinstance(text, TEXT_OR_NOTHING) for text in texts
        ),
        f"its headers are nested more than {DEEPEST} deep": not _is_deep(headers, DEEPEST),
    }


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
        return "its body is no text"
    try:
        raw = base64.b64decode(body, validate=True) if encoding == "base64" else body.encode()
    except (binascii.Error, UnicodeEncodeError) as wrong:
        return f"its body cannot be decoded: {wrong}"
    if not raw.lstrip().startswith((b"[[", b"[ [", b"{")):
        return "its body is neither arguments nor an object"
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(raw) > DEEPEST:
        return f"its arguments are nested more than {DEEPEST} deep"
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


def _is_deep(value: Any, left: int) -> bool:
    if left == 0:
        return True
    match value:
        case dict():
            return any(_is_deep(child, left - 1) for child in value.values())
        case list():
            return any(_is_deep(child, left - 1) for child in value)
        case _:
            return False
