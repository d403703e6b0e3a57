"""uvicorn's HTTP protocol, with one write to the socket for head and body.

uvicorn writes the head of an answer and then its body. To the system these are two packets, and a client that sleeps is woken for
each (docs/decisions/0008-speed.md). And uvicorn would read a head without an end, in time that grows with its square.

To report to uvicorn: it could keep the head until the first part of the body comes, and limit the size of a head.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from celeriac_api.server.connections.client import is_answered
from celeriac_api.server.connections.flood_gate import gate_of
from celeriac_api.server.connections.slow_clients import watch_of

BEGINNING = b"HTTP/"
# Each time that this number of bytes has come, `_look` finds a head or trailers that began before them: so none has more than
# twice this number. A read from the socket has no more; the exact limits are the app's (celeriac_api/server/request_head.py).
LOOK_BYTES = 262_144
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class OneWrite(HttpToolsProtocol):
    """For uvicorn's option `http`."""

    _without_body = 0
    _last_headers: object = None
    # Of all bodies, which server/connections/slow_clients.py looks at.
    body_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._gate.lets_in(self):
            # As in `receive`, which would be one more call for each request.
            HttpToolsProtocol.data_received(self, data)
            self._without_body += len(data)
            if self._without_body > LOOK_BYTES:
                self._look()
        else:
            self._unset_keepalive_if_required()
            self._gate.keep(self, data)

    def receive(self, data: bytes) -> None:
        """Parse this, and begin what it asks for."""
        HttpToolsProtocol.data_received(self, data)
        self._without_body += len(data)
        if self._without_body > LOOK_BYTES:
            self._look()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        HttpToolsProtocol.on_body(self, body)
        self._without_body = 0
        self.body_bytes += len(body)

    def _look(self) -> None:
        """Let go of a client whose head has not ended since the last look."""
        self._without_body = 0
        if self.headers is not self._last_headers:  # each message has a list of its own
            self._last_headers = self.headers
            return
        if is_answered(self):
            self.transport.write(TOO_LARGE)
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._gate = gate_of(self.server_state)
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]  # it is one by all it does
        watch_of(self.server_state, self.connections).enter()


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
