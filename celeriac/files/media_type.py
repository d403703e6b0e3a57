"""Types of content: syntax, patterns, and what names and bytes suggest."""

import mimetypes
import re

UNKNOWN = "application/octet-stream"
# For JSON Schema: less than what is checked.
SCHEMA_PATTERN = "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$"
LONGEST = 255
_TYPE = re.compile(
    r"""[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*([ \t]*;[ \t]*[\w!#$&^.+-]+=([\w!#$&^.+:/-]+|"[^"\\\x00-\x1f]*"))*""",
    re.ASCII | re.IGNORECASE,
)
_PATTERN = re.compile(r"\*/\*|[a-z0-9][a-z0-9!#$&^_.+-]*/(\*|[a-z0-9][a-z0-9!#$&^_.+-]*)", re.ASCII)
# WHATWG MIME Sniffing §6.1 and §7: what files of these types begin with.
_BEGINNINGS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBPVP", re.DOTALL), "image/webp"),
    (re.compile(rb"BM"), "image/bmp"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
BEGINNING_BYTES = 16


def is_valid(text: str) -> bool:
    """Whether this is a type of content, with or without parameters (RFC 9110 §8.3.1)."""
    return len(text) <= LONGEST and _TYPE.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """Whether this is a type such as `image/png`, or a pattern such as `image/*`."""
    return _PATTERN.fullmatch(text) is not None


def essence(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def matches(content_type: str, pattern: str) -> bool:
    """Whether the type is of this pattern."""
    kind = essence(content_type)
    return pattern in ("*/*", kind) or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))


def of_name(name: str | None) -> str | None:
    """The type that goes with the ending of a name."""
    return mimetypes.guess_type(name, strict=False)[0] if name else None


def of_beginning(data: bytes) -> str | None:
    """The type that a file with this beginning has; most types have none of their own."""
    return next((kind for pattern, kind in _BEGINNINGS if pattern.match(data)), None)
