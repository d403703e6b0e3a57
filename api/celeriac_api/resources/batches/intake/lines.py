"""Reads a body of newline-delimited JSON in blocks, as lines."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from celeriac_api.response.errors import BodyTooLarge

MOST_LINES = 50
MOST_BYTES = 65_536


class Line(NamedTuple):
    """A line that is not blank; the first one of the body has the number 1."""

    number: int
    text: bytes


class LineTooLong(BodyTooLarge):
    """A line is longer than a body may be."""

    def __init__(self, number: int, longest: int) -> None:
        """Nothing after the limit was read."""
        super().__init__(
            f"It is longer than {longest} bytes, the limit of this key or of CELERIAC_MAX_BODY_BYTES."
        )
        self.number = number


async def lines_of(receive: Receive, *, longest: int) -> AsyncIterator[list[Line]]:
    """The lines, some at a time: those of a block of the body, at most 50. A line that is too long is not kept.

    Lines end with LF, the last one with the body; CR before it is blank to JSON. Blank lines are counted, and left out.
    """
    lines: list[Line] = []
    beginning, number, size = bytearray(), 0, 0
    async for block in _blocks(receive):
        *whole, rest = block.split(b"\n")
        for part in whole:
            number += 1
            text = bytes(beginning) + part if beginning else part
            beginning.clear()
            if len(text) > longest:
                if lines:
                    yield lines
                raise LineTooLong(number, longest)
            if text.strip():
                lines.append(Line(number, text))
                size += len(text)
            if len(lines) == MOST_LINES or size > MOST_BYTES:
                yield lines
                lines, size = [], 0
        if lines:
            yield lines
            lines, size = [], 0
        beginning += rest
        if len(beginning) > longest:
            raise LineTooLong(number + 1, longest)
    if beginning.strip():
        yield [Line(number + 1, bytes(beginning))]


async def _blocks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
