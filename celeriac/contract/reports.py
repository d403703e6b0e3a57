"""Sends what a running task reports to the ledger, throttled and in batches."""

import json
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

INTERVAL_SECONDS = 0.1
# A line or chunk longer than this is cut: a page must not freeze over it.
LONGEST = 65_536
# It stands in the task document, and in lists of many.
LONGEST_MESSAGE = 1_000
# Kept until the next batch; of what is said faster than that, the oldest goes, and its number is told.
MOST_WAITING = 1_000

Send = Callable[[list[tuple[str, str]], str | None], None]

# One thread for all runs of a process: a thread has a connection of its own, and a new one for each batch would cost more
# than the batch.
_courier = ThreadPoolExecutor(1, thread_name_prefix="telling")


class Reports(Protocol):
    """What takes the reports of one run."""

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Keep this progress in place of the last one."""

    def event(self, kind: str, data: Any) -> None:
        """One more line or chunk."""

    def end(self) -> None:
        """The task says nothing more."""


class Telling:
    """Of one run of a task. `send` takes a batch of events, as kind and JSON, and the last progress, if there is one."""

    def __init__(self, send: Send) -> None:
        """Nothing is sent yet."""
        self._send = send
        # Apart, so that nobody who says something waits for a Redis that is away.
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._events: list[tuple[str, str]] = []
        self._progress: tuple[float, float | None, str | None] | None = None
        self._dropped = 0
        self._sent_at = 0.0
        self._is_arranged = False
        self._is_over = threading.Event()

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Keep this progress in place of the last one."""
        with self._lock:
            self._progress = (done, total, message)
            self._arrange()

    def event(self, kind: str, data: Any) -> None:
        """One more line or chunk."""
        with self._lock:
            if len(self._events) == MOST_WAITING:
                self._dropped += 1
                return
            self._events.append((kind, json.dumps(data)))
            self._arrange()

    def end(self) -> None:
        """Send the last of it, at once; the task says nothing more."""
        self._is_over.set()
        self._send_all()

    def _send_all(self) -> None:
        with self._sending:
            events, progress = self._taken()
            if events:
                self._send(events, progress)
                self._sent_at = time.monotonic()

    def _taken(self) -> tuple[list[tuple[str, str]], str | None]:
        """What there is to send: from now on, the next batch is collected."""
        with self._lock:
            events, progress, dropped = self._events, _as_json(self._progress), self._dropped
            self._events, self._progress, self._dropped = [], None, 0
            self._is_arranged = False
        if dropped:
            events.append(("cut", json.dumps({"events": dropped})))
        if progress is not None:
            events.append(("progress", progress))
        return events, progress

    def _arrange(self) -> None:
        """That what was said is sent in a moment, by the courier: the task may be silent from now on."""
        if not self._is_arranged:
            self._is_arranged = True
            _courier.submit(self._send_soon)

    def _send_soon(self) -> None:
        self._is_over.wait(max(0.0, INTERVAL_SECONDS - (time.monotonic() - self._sent_at)))
        self._send_all()


def progress_document(done: float, total: float | None, message: str | None) -> dict[str, Any]:
    """As JSON values, which know no infinity: such a number says nothing of how far a task has come."""
    numbers = [number if number is not None and math.isfinite(number) else None for number in (done, total)]
    return {"done": numbers[0] or 0, "total": numbers[1], "message": message and message[:LONGEST_MESSAGE]}


def _as_json(report: tuple[float, float | None, str | None] | None) -> str | None:
    return None if report is None else json.dumps(progress_document(*report))
