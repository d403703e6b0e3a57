"""Pauses schedules while a worker moves them on: they stay paused."""

import time
from collections.abc import Iterator, Sequence
from itertools import count
from threading import Event
from typing import Any

import httpx

from lab.chaos.proxy import Proxy
from lab.chaos.work.insist import insist

# What is sent to Redis to move a schedule on.
MOVING_ON = b"change_schedule"
TIMES = 1
# How long until a worker, and not an API, is the one that moves on; and what a late change would need to be seen.
HELD_SECONDS, SEEN_SECONDS = 20.0, 1.0
ANSWER_SECONDS, POLL_SECONDS = 5.0, 0.02


def faults_of_pausing(ports: Sequence[int], workers: Proxy) -> list[str]:
    """A sentence for each schedule that goes on although it was paused, or is there although it was deleted."""
    return [sentence for _, sentence in zip(range(TIMES), _tries(ports, workers), strict=False) if sentence]


def _tries(ports: Sequence[int], workers: Proxy) -> Iterator[str | None]:
    for number in count():
        path = f"/schedules/paused-{number}"
        _ask(ports, "PUT", path, content={"submit": {"name": "tick", "input": {}}, "every": "PT1S"})
        workers.held.clear()
        workers.hold = MOVING_ON
        is_held = workers.held.wait(HELD_SECONDS)
        _ask(ports, "POST", f"{path}/pause")
        workers.hold = None
        fault = _fault_after_pause(ports, path) if is_held else f"{path}: no worker moved it on"
        _ask(ports, "DELETE", path)
        yield fault


def _fault_after_pause(ports: Sequence[int], path: str) -> str | None:
    deadline = time.monotonic() + SEEN_SECONDS
    while time.monotonic() < deadline:
        if not _ask(ports, "GET", path)["paused"]:
            return f"{path} was paused, and goes on"
        Event().wait(POLL_SECONDS)
    return None


def _ask(ports: Sequence[int], method: str, path: str, **options: Any) -> Any:
    with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
        return insist(http, ports, method, path, **options)
