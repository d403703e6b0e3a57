"""`python -m lab.bench.load.parked PORT REQUESTS REPORT`: a process of waiting clients.

Says "parked" on stdout when every request is sent, and ends when every one is answered.
"""

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path

import uvloop

from lab.bench.load.connection import Connection

AT_ONCE = 200  # a server's queue of connections that it has not accepted yet is short

# Time (seconds since 1970), status and body.
Answer = tuple[float, int, bytes]


class Parked:
    """One connection for each request."""

    def __init__(self, count: int) -> None:
        """Nothing is sent yet."""
        self.answers: list[Answer] = []
        self._count = count
        self.all_answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send(self, port: int, requests: list[str]) -> None:
        """Connect and send them all."""
        for start in range(0, len(requests), AT_ONCE):
            await asyncio.gather(*(self._send(port, text) for text in requests[start : start + AT_ONCE]))

    async def _send(self, port: int, text: str) -> None:
        protocol = partial(Connection, self._answered, self._fail)
        _, connection = await asyncio.get_running_loop().create_connection(protocol, "127.0.0.1", port)
        connection.send(text.encode())

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        self.answers.append((time.time(), status, body))
        if len(self.answers) == self._count:
            self.all_answered.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.all_answered.done():
            print(f"{len(self.answers)} of {self._count}", flush=True)
            self.all_answered.set_exception(error)


def main(port: int, requests: Path, report: Path) -> None:
    """Send the requests of the one file; the times and bodies of the answers go to the other."""
    answers = uvloop.run(_park(port, json.loads(requests.read_text())))
    report.write_text(json.dumps([[moment, status, body.decode()] for moment, status, body in answers]))


async def _park(port: int, texts: list[str]) -> list[Answer]:
    parked = Parked(len(texts))
    await parked.send(port, texts)
    print("parked", flush=True)
    await parked.all_answered
    return parked.answers


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
    except OSError as wrong:
        sys.exit(f"{type(wrong).__name__}: {wrong}")
