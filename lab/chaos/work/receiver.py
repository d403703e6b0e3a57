"""Receives webhooks, and refuses some of them the first time."""

import json
import socket
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Event, Lock, Thread
from typing import Any, Self

REFUSED_SHARE = 0.1
# Some are answered slowly, so that an API is killed now and then which waits for an answer.
SLOW_SHARE, SLOW_SECONDS = 0.3, (0.5, 2.0)


class Receiver:
    """Use as a context manager; `received` has the types of the deliveries of each task."""

    def __init__(self, seed: int) -> None:
        """Listens on a port of the system's choice."""
        self.received: dict[str, set[str]] = defaultdict(set)
        self._random = Random(f"{seed}/receiver")
        self._refused: set[str] = set()
        self._lock = Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                content = self.rfile.read(int(self.headers["Content-Length"]))
                Event().wait(receiver.pause())
                if _is_gone(self.connection):
                    self.close_connection = True
                    return
                self.send_response(receiver.status_for(self.headers["webhook-id"], json.loads(content)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, name="receiver", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def pause(self) -> float:
        """How long an answer takes."""
        with self._lock:
            return self._random.uniform(*SLOW_SECONDS) if self._random.random() < SLOW_SHARE else 0.0

    def status_for(self, delivery: str, event: dict[str, Any]) -> int:
        """Each delivery may be refused once."""
        with self._lock:
            if delivery not in self._refused and self._random.random() < REFUSED_SHARE:
                self._refused.add(delivery)
                return 503
            self.received[event["data"]["task_id"]].add(event["type"])
        return 204

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _is_gone(connection: socket.socket) -> bool:
    """Whether the sender has ended meanwhile: what it sent counts as not received."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
