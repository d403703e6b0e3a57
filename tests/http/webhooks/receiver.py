"""A receiver of webhooks on a loopback address, which answers as a test says."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

from lab.harness.waiting import wait_until


class Received(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def document(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Receiver:
    """Keeps what it gets. By path, `answers` has the statuses of the next answers; otherwise it is 200."""

    def __init__(self, host: str) -> None:
        """Listens on a free port of this host."""
        self.received: list[Received] = []
        self.answers: dict[str, list[int]] = {}
        # What else an answer does, before its status is sent: by path.
        self.acts: dict[str, Callable[[BaseHTTPRequestHandler], object]] = {}
        self.open = 0
        self.most_open = 0
        self.released = Event()
        self._lock = Lock()
        self.server = ThreadingHTTPServer((host, 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://{host}:{self.server.server_port}"

    def at(self, path: str, count: int = 1) -> list[Received]:
        """What came to this path, once there are so many."""
        wait_until(lambda: len(self._to(path)) >= count, what=f"{count} requests to {path}")
        return self._to(path)

    def _to(self, path: str) -> list[Received]:
        with self._lock:
            return [request for request in self.received if request.path == path]

    def wait(self) -> None:
        """Until the test goes on."""
        self.released.wait(60)

    def enter(self, request: Received) -> int:
        """Note a request; the status of its answer."""
        with self._lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            self.received.append(request)
            statuses = self.answers.get(request.path, [])
            return statuses.pop(0) if statuses else 200

    def leave(self) -> None:
        """The request is answered."""
        with self._lock:
            self.open -= 1


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.enter(Received(self.path, headers, body, time.time()))
            try:
                if act := receiver.acts.get(self.path):
                    act(self)
                self.send_response(status)
                self.send_header("location", f"{receiver.url}/redirected")
                self.send_header("set-cookie", "a=b")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            except OSError:
                self.close_connection = True
            finally:
                receiver.leave()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


@contextmanager
def receiving(host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(host)
    thread = Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        receiver.server.shutdown()
        receiver.server.server_close()
