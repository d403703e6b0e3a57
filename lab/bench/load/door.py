"""Submits over a few keep-alive connections to an API, and reads the answers."""

import asyncio
import json
from contextlib import suppress
from functools import partial
from typing import Any, Self

from lab.bench.load.connection import Connection

Answer = tuple[int, bytes]


class Door:
    """Use as an async context manager."""

    def __init__(self, port: int, *, connections: int) -> None:
        """Not connected yet."""
        self._port, self._count = port, connections
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._answers: dict[Connection, asyncio.Future[Answer]] = {}

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            protocol = partial(Connection, self._answered, self._lost)
            _, connection = await loop.create_connection(protocol, "127.0.0.1", self._port)
            self._free.put_nowait(connection)
        return self

    async def __aexit__(self, *failure: object) -> None:
        with suppress(asyncio.QueueEmpty):
            while True:
                self._free.get_nowait().close()

    async def post(self, path: str, body: Any, *, status: int) -> Any:
        """Send this as JSON; the JSON of the answer, which must have this status."""
        return await self.send(
            "POST", path, json.dumps(body).encode(), kind="application/json", status=status
        )

    async def send(self, method: str, path: str, content: bytes, *, kind: str, status: int) -> Any:
        """The same for content of any kind."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}"
        connection = await self._free.get()
        answer = self._answers[connection] = asyncio.get_running_loop().create_future()
        connection.send(head.encode() + b"\r\n\r\n" + content)
        answered, content = await answer
        self._free.put_nowait(connection)
        if answered != status:
            raise RuntimeError(f"An answer was {answered} instead of {status}: {content[:500].decode()}")
        return json.loads(content)

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        self._answers.pop(connection).set_result((status, body))

    def _lost(self, error: Exception) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
