"""uvicorn's HTTP protocol, but an answer is written to the socket once: `uvicorn --http api.protocol:OneWrite`.

uvicorn writes the head of an answer and then its body. To the system these are two packets, and a client that sleeps is woken for
each (docs/decisions/0008-speed.md).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BEGINNING = b"HTTP/"


class OneWrite(HttpToolsProtocol):
    """For uvicorn's option `http`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]  # it is one by all it does


class JoiningTransport:
    """A transport whose write of a head waits for the next write, or for the end of this turn of the event loop."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing has been written."""
        self._transport = transport
        self._loop = loop
        self._head = b""
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        """Whatever else a transport can do."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this, and the head that has waited for it."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(BEGINNING):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection once all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if head:
            self._transport.write(head)
