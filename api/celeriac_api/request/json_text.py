"""Finds members of a JSON object in its text, byte for byte."""

import json
import re
from collections.abc import Collection, Iterator

HIDDEN = "hidden"
# What stands between the names and values of an object that is known to be valid.
_BETWEEN = re.compile(r"[ \t\r\n,:]*")
# Numbers are passed over, not read: nobody looks at their values, and Python limits their digits.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def member(body: bytes, name: str) -> bytes | None:
    """The text of one member of a valid JSON object, exactly as it was sent; None when it is absent."""
    text = body.decode()
    for member_name, start, end in _values(text):
        if member_name == name:
            return text[start:end].encode()
    return None


def items(body: bytes) -> list[bytes]:
    """The text of each item of a valid JSON array, exactly as it was sent."""
    text = body.decode()
    position, texts = text.index("[") + 1, []
    while text[position := _after_blanks(text, position)] != "]":
        _, end = _DECODER.raw_decode(text, position)
        texts.append(text[position:end].encode())
        position = end
    return texts


def without_values(body: bytes, names: Collection[str] | None) -> bytes:
    """A valid JSON object in which the values of these members (None: of all) read "hidden"."""
    if names is not None and not names:
        return body
    text, parts, position = body.decode(), [], 0
    for name, start, end in _values(text):
        if names is None or name in names:
            parts += [text[position:start], json.dumps(HIDDEN)]
            position = end
    return "".join([*parts, text[position:]]).encode()


def _values(text: str) -> Iterator[tuple[str, int, int]]:
    """For each member its name, and where its value begins and ends."""
    position = text.index("{") + 1
    while (position := _after_blanks(text, position)) < len(text) and text[position] != "}":
        name, position = _DECODER.raw_decode(text, position)
        start = _after_blanks(text, position)
        _, position = _DECODER.raw_decode(text, start)
        yield name, start, position


def _after_blanks(text: str, position: int) -> int:
    return _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
