"""Collects what a run reports, and sends it with the next packet."""

import asyncio
import json
from collections.abc import Iterable
from threading import Lock
from typing import Any

from celeriac.contract.reports import LONGEST, MOST_WAITING, progress_document
from celeriac.ledger.store import scripts
from celeriac_worker.loop.redis.link import Link

# Between two packets with reports of one run: a task that talks without a pause must not keep Redis busy.
INTERVAL_SECONDS = 0.02

# Of an event as JSON, where a character can be six. Values that a generator yields can be longer: they are only in the result.
LONGEST_EVENT = 6 * LONGEST + 100

Event = tuple[str, Any]


class RunReports:
    """Of one run. Any thread of the task may report."""

    __slots__ = (
        "_dropped", "_events", "_ids", "_is_arranged", "_link", "_lock", "_loop", "_progress", "_room", "_sent_at", "_unanswered",
    )  # fmt: skip

    def __init__(self, task_id: str, token: str, link: Link, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing is sent yet."""
        self._ids, self._link, self._loop = (task_id, token), link, loop
        self._lock = Lock()
        self._events: list[Event] = []
        self._progress: tuple[float, float | None, str | None] | None = None
        self._dropped = self._unanswered = 0
        self._sent_at = float("-inf")
        self._is_arranged = False
        self._room: asyncio.Future[None] | None = None

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Keep this progress in place of the last one."""
        with self._lock:
            self._progress = (done, total, message)
        self._arrange()

    def event(self, kind: str, data: Any) -> None:
        """One more line or chunk; of what comes faster than it can be sent, the number is told."""
        with self._lock:
            if len(self._events) + self._unanswered >= MOST_WAITING:
                self._dropped += 1
                return
            self._events.append((kind, data))
        self._arrange()

    async def chunk(self, value: Any) -> None:
        """One more part of the output of a generator, which waits while too many are not sent."""
        parts = [value]
        if isinstance(value, str) and len(value) > LONGEST:
            parts = [value[start : start + LONGEST] for start in range(0, len(value), LONGEST)]
        with self._lock:
            self._events.extend(("output", {"chunk": part}) for part in parts)
        self._arrange()
        while len(self._events) + self._unanswered >= MOST_WAITING:
            self._room = self._loop.create_future()
            await self._room

    def end(self) -> None:
        """Send the last of it: the run says nothing more."""
        if self._events or self._progress or self._dropped:
            self._send()

    def _arrange(self) -> None:
        if self._is_arranged:
            return
        self._is_arranged = True
        if _is_running(self._loop):
            self._send_soon()
        else:
            self._loop.call_soon_threadsafe(self._send_soon)

    def _send_soon(self) -> None:
        pause = self._sent_at + INTERVAL_SECONDS - self._loop.time()
        if pause <= 0:
            self._send()
        else:
            self._loop.call_later(pause, self._send)

    def _send(self) -> None:
        """The events are taken when the packet leaves, and then kept until it is answered."""
        batch: list[str] = []

        def arguments() -> Iterable[str]:
            if not batch:
                batch.extend(self._taken())
            return (*self._ids, *batch)

        self._sent_at = self._loop.time()
        self._link.run(scripts.EMIT, arguments, self._answered)

    def _taken(self) -> list[str]:
        """The last progress, and the events as kind and JSON."""
        with self._lock:
            events, progress, dropped = self._events, self._progress, self._dropped
            self._events, self._progress, self._dropped = [], None, 0
            self._unanswered += len(events)
            self._is_arranged = False
        written = "" if progress is None else json.dumps(progress_document(*progress))
        arguments = [written]
        for kind, data in _joined(events):
            text = json.dumps(data)
            if len(text) > LONGEST_EVENT:
                dropped += 1
            else:
                arguments += (kind, text)
        if dropped:
            arguments += ("cut", json.dumps({"events": dropped}))
        if written:
            arguments += ("progress", written)
        return arguments

    def _answered(self, _: Any) -> None:
        self._unanswered = 0
        if self._room is not None and not self._room.done():
            self._room.set_result(None)


def _joined(events: list[Event]) -> Iterable[Event]:
    """The same events; texts of the output that follow each other are one."""
    texts: list[str] = []
    length = 0
    for kind, data in events:
        text = data["chunk"] if kind == "output" else None
        if isinstance(text, str) and length + len(text) <= LONGEST:
            texts.append(text)
            length += len(text)
            continue
        if texts:
            yield "output", {"chunk": "".join(texts)}
            texts, length = [], 0
        if isinstance(text, str):
            texts, length = [text], len(text)
        else:
            yield kind, data
    if texts:
        yield "output", {"chunk": "".join(texts)}


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this thread runs the loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
