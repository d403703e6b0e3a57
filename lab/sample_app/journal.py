"""The side effects of the sample: lists in Redis of what was noted."""

import json
import os
from contextvars import ContextVar
from functools import cache
from typing import Any

from redis import Redis

# What the publisher is at: all that comes of it is noted together.
trail: ContextVar[str] = ContextVar("trail", default="")
_TRAILS = "sample:trails"
_JOURNALS = "sample:journal:"


def follow(task_id: str, root_id: str | None, parent_id: str | None) -> str:
    """Note to which trail a task belongs that is published: its publisher's, or that of its root or parent; the trail."""
    name = trail.get() or trail_of(root_id) or trail_of(parent_id) or trail_of(task_id)
    if name:
        _redis().hset(_TRAILS, task_id, name)
    return name


def trail_of(task_id: str | None) -> str:
    """The trail of a task; empty: it has none."""
    return str(_redis().hget(_TRAILS, task_id) or "") if task_id else ""


def note(task_id: str, *words: Any) -> None:
    """Append an entry to the list of the task's trail, or of the task."""
    _redis().rpush(_JOURNALS + (trail_of(task_id) or task_id), json.dumps(words))


def entries(name: str) -> list[list[Any]]:
    """What is noted under a trail, in order."""
    rows: Any = _redis().lrange(_JOURNALS + name, 0, -1)
    return [json.loads(row) for row in rows]


def length() -> int:
    """How many entries there are in all."""
    return sum(int(_redis().llen(key)) for key in _redis().scan_iter(_JOURNALS + "*"))


@cache
def _redis() -> Redis:
    return Redis.from_url(os.environ["SAMPLE_BROKER"], decode_responses=True)
