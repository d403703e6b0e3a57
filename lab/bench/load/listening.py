"""Clients that listen: `python -m lab.bench.load.listening PORT PATHS STREAMS REPORT`, a process of its own.

PATHS is a file with a path a line, over which the streams are spread. Says "listening" on stdout when every stream has begun, and ends when every one has told of the task's end. The report: for
each delivery of words, how late they were; and how many words a stream has missed, or got twice or too early.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from functools import lru_cache, partial
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple, cast

import uvloop

from lab.bench.load.load import request

AT_ONCE = 100  # a server's queue of connections that it has not accepted yet is short
# A chunk is one word, or several lines of one each.
WORD = re.compile(rb'(?:"chunk": ?"|\\n)(\d+) ([0-9.]+)')
END_OF_EVENT, LAST_EVENT = b"\n\n", b"event: done"


class Words(NamedTuple):
    """Neighbours: the first one's number, the number after the last one's, and when each was said."""

    first: int
    end: int
    said_at: tuple[float, ...]


class Listeners:
    """One connection for each stream."""

    def __init__(self, streams: int) -> None:
        """Nothing is sent yet."""
        loop = asyncio.get_running_loop()
        self.all_begun: asyncio.Future[None] = loop.create_future()
        self.all_over: asyncio.Future[None] = loop.create_future()
        self.heard: list[tuple[float, Words]] = []
        self.wrong = 0
        self._beginning = self._lasting = streams

    def begun(self) -> None:
        """One more stream has."""
        self._beginning -= 1
        if not self._beginning:
            self.all_begun.set_result(None)

    def over(self) -> None:
        """One more stream is."""
        self._lasting -= 1
        if not self._lasting:
            self.all_over.set_result(None)


class Listener(asyncio.Protocol):
    """One stream."""

    def __init__(self, path: str, listeners: Listeners) -> None:
        """Asks for this path."""
        self._path, self._listeners = path, listeners
        self._buffer = b""
        self._next = 0
        self._has_begun = self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        cast("asyncio.Transport", transport).write(request("GET", self._path).encode())

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if not self._has_begun:
            self._has_begun = True
            self._listeners.begun()
        whole, end, self._buffer = (self._buffer + data).rpartition(END_OF_EVENT)
        if not end:
            return
        news, last, _ = whole.partition(LAST_EVENT)  # which repeats all as the result
        words = _words(news)
        if words.said_at:
            self._listeners.heard.append((time.time(), words))
            self._listeners.wrong += abs(words.first - self._next) + _gaps(words)
            self._next = words.end
        if last:
            self._is_over = True
            self._listeners.over()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if not self._is_over and not self._listeners.all_over.done():
            self._listeners.all_over.set_exception(exc or ConnectionError("a stream ended before the task"))


@lru_cache(1000)  # all streams of a task tell the same
def _words(text: bytes) -> Words:
    words = [(int(number), float(moment)) for number, moment in WORD.findall(text)]
    if not words:
        return Words(0, 0, ())
    return Words(words[0][0], words[-1][0] + 1, tuple(moment for _, moment in words))


def _gaps(words: Words) -> int:
    return abs(words.end - words.first - len(words.said_at))


def main(port: int, paths: Path, streams: int, report: Path) -> None:
    """Listen to the end."""
    listeners = uvloop.run(_listen(port, paths.read_text().split(), streams))
    late: Counter[int] = Counter()
    for heard_at, words in listeners.heard:
        late.update([round((heard_at - said_at) * 1e3) for said_at in words.said_at])
    report.write_text(json.dumps({"late_milliseconds": sorted(late.items()), "wrong": listeners.wrong}))


async def _listen(port: int, paths: list[str], streams: int) -> Listeners:
    loop, listeners = asyncio.get_running_loop(), Listeners(streams)
    left = islice(cycle(paths), streams)
    while some := list(islice(left, AT_ONCE)):
        connecting = [
            loop.create_connection(partial(Listener, path, listeners), "127.0.0.1", port) for path in some
        ]
        await asyncio.gather(*connecting)
    await listeners.all_begun
    print("listening", flush=True)
    await listeners.all_over
    return listeners


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    except OSError as wrong:
        sys.exit(f"{type(wrong).__name__}: {wrong}")
