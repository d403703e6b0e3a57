"""Reads the items of a batch from a file or standard input, each by itself."""

import codecs
import json
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from celeriac.command.output.refusal import Refusal
from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.files import LARGEST, text_of
from celeriac.command.tasks.input.json_text import json_value
from celeriac.command.tasks.many.lines import CHUNK_BYTES, numbered

BLANK = b" \t\r\n"
ADVICE = 'Write an item a line, {"name": "add", "input": {"x": 4, "y": 5}}, or an array of items.'


def items_of(place: str) -> Iterator[dict[str, Any]]:
    """The items of this file, or of standard input for `-`: lines, or an array, as its first character tells."""
    chunks = _chunks(place)
    try:
        beginning = b""
        for chunk in chunks:
            beginning += chunk
            if beginning.removeprefix(codecs.BOM_UTF8).strip(BLANK):
                break
        whole = chain([beginning], chunks)
        is_array = beginning.removeprefix(codecs.BOM_UTF8).lstrip(BLANK).startswith(b"[")
        texts = array_items(whole) if is_array else _lines(whole)
        for source, text in texts:
            yield _item(source, text)
    except InputError as error:
        raise Refusal(error.reason, advice=error.advice) from None


def array_items(chunks: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """The text of each item of a JSON array, with its place for people; only one is in memory."""
    text = _Text(chunks)
    text.skip("[")
    number = 0
    if text.peek() == "]":
        text.skip("]")
    else:
        while True:
            number += 1
            yield f"Item {number}", text.object(f"Item {number}")
            if (following := text.peek()) == "]":
                text.skip("]")
                break
            if following != ",":
                raise InputError(
                    f"After item {number}, the array goes on with {following!r}.", "Write ',' or ']'."
                )
            text.skip(",")
    if following := text.peek():
        raise InputError(f"After the array, the text goes on with {following!r}.", ADVICE)


class _Text:
    """A text that is read in parts, and forgotten behind what was taken."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = codecs.iterdecode(chunks, "utf-8-sig")
        self._text, self._at = "", 0

    def peek(self) -> str:
        """The next character that is not blank; an empty text at the end."""
        while True:
            self._text = self._text[self._at :].lstrip(BLANK.decode())
            self._at = 0
            if self._text or not self._more(1):
                return self._text[:1]

    def skip(self, character: str) -> None:
        """Go behind this character, which is the next one."""
        if self.peek() != character:
            raise InputError("The array is not valid JSON.", ADVICE)
        self._at = 1

    def object(self, source: str) -> str:
        """The text of the next object."""
        match self.peek():
            case "":
                raise InputError(f"The array ends before {source.lower()}.", "Close it with ']'.")
            case "{":
                return self._object(source)
        raise InputError(f"{source} is not an object.", ADVICE)

    def _object(self, source: str) -> str:
        while True:
            try:
                _, self._at = _DECODER.raw_decode(self._text)
            except RecursionError:
                raise InputError(f"{source} is nested too deep.", "Flatten it.") from None
            except json.JSONDecodeError:
                pass  # its end may not be read yet
            else:
                return self._text[: self._at]
            if len(self._text) > LARGEST:
                raise InputError(
                    f"{source} is longer than {LARGEST // 1024**2} MiB, or not valid JSON.", ADVICE
                )
            if not self._more(len(self._text)):
                self._at = len(self._text)
                return self._text  # its reader says what is wrong with it

    def _more(self, least: int) -> bool:
        """Whether more was read: `least` characters, so that a long value is not decoded once for each part."""
        parts: list[str] = []
        while sum(map(len, parts)) < least:
            try:
                part = next(self._chunks, None)
            except UnicodeDecodeError:
                raise InputError("The array is not text in UTF-8.", "Convert it to UTF-8.") from None
            if part is None:
                break
            parts.append(part)
        self._text += "".join(parts)
        return bool(parts)


_DECODER = json.JSONDecoder()


def _lines(chunks: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    for number, line in numbered(chunks):
        yield f"Line {number}", text_of(line, f"Line {number}")


def _item(source: str, text: str) -> dict[str, Any]:
    item = json_value(text, source)
    if not isinstance(item, dict):
        raise InputError(f"{source} is not an object.", ADVICE)
    return item


def _chunks(place: str) -> Iterator[bytes]:
    if place == "-":
        yield from _read(sys.stdin.fileno())
        return
    try:
        descriptor = os.open(Path(place).expanduser(), os.O_RDONLY)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise InputError(f"The file {place!r} cannot be read: {reason}.", "Check its path.") from None
    try:
        yield from _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK_BYTES):
        yield chunk
