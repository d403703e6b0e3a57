"""Finds members of a JSON object in its text, byte for byte."""

import json
import re
from collections.abc import Collection, Iterator, Mapping

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


def members(body: bytes, names: Collection[str]) -> dict[str, bytes]:
    """The texts of these members of a valid JSON object, of those that it has."""
    text = body.decode()
    return {name: text[start:end].encode() for name, start, end in _values(text) if name in names}


def with_members(body: bytes, texts: Mapping[str, str]) -> bytes:
    """A valid JSON object in which these members have other values, given as JSON; the rest is as it was sent."""
    text, parts, position = body.decode(), [], 0
    for name, start, end in _values(text):
        if name in texts:
            parts += [text[position:start], texts[name]]
            position = end
    return "".join([*parts, text[position:]]).encode()


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
    if names is None:
        names = [name for name, _, _ in _values(body.decode())]
    return with_members(body, dict.fromkeys(names, json.dumps(HIDDEN))) if names else body


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
