"""A server that sends what a test tells it to, whatever it is asked."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

# A part of a response that ends the connection.
CLOSE = b"close"
Script: TypeAlias = Callable[[bytes], Iterator[bytes]]


def reply(status: str, body: bytes, *headers: str) -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Scripted:
    """The address of such a server, and the requests that it has received."""

    def __init__(self, listener: socket.socket, script: Script) -> None:
        """The script gets the head of a request, and gives the parts of the response."""
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._listener, self._script = listener, script

    def serve(self) -> None:
        """One thread for each connection."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while head := self._head(connection):
                self.requests.append(head)
                for part in self._script(head):
                    if part is CLOSE:
                        return
                    connection.sendall(part)

    @staticmethod
    def _head(connection: socket.socket) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (part := connection.recv(65_536)):
                return b""
            received += part
        return received


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """Such a server, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(listener, script)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
