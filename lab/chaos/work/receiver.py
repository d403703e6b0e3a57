"""Receives webhooks, and refuses some of them the first time."""

import json
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from typing import Any, Self

REFUSED_SHARE = 0.1


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
                self.send_response(receiver.status_for(self.headers["webhook-id"], json.loads(content)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, name="receiver", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

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
