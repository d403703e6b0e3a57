"""One keep-alive HTTP/1.1 connection that parses only status, Content-Length and body."""

import asyncio
import re
from collections.abc import Callable
from typing import cast

END_OF_HEAD = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
WITHOUT_BODY = {204, 304}

Answered = Callable[["Connection", int, bytes], None]


class Connection(asyncio.Protocol):
    """Sends one request at a time; `answered` gets the connection, the status and the body of each answer."""

    def __init__(self, answered: Answered, lost: Callable[[Exception], None]) -> None:
        """`lost` is called when the server closes the connection before it has answered, or is not understood."""
        self.sent_at = 0.0
        self._answered = answered
        self._lost = lost
        self._buffer = b""
        self._awaits_answer = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self._awaits_answer = True
        self._transport.write(request)

    def close(self) -> None:
        """No more requests."""
        self._awaits_answer = False
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio; an answer mostly comes in one piece."""
        answer = self._buffer + data if self._buffer else data
        head = answer.find(END_OF_HEAD)
        if head < 0:
            self._buffer = answer
            return
        status = int(answer[9:12])
        start = head + len(END_OF_HEAD)
        size = 0 if status in WITHOUT_BODY else _content_length(answer[:head])
        if size is None:
            self._lost(
                ValueError(f"an answer without Content-Length is not understood here: {answer[:500]!r}")
            )
            return
        if len(answer) < start + size:
            self._buffer = answer
            return
        self._buffer = b""
        self._awaits_answer = False
        self._answered(self, status, answer[start : start + size])

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if self._awaits_answer:
            self._lost(exc or ConnectionError("the server closed the connection"))


def _content_length(head: bytes) -> int | None:
    match = CONTENT_LENGTH.search(head)
    return match and int(match[1])
