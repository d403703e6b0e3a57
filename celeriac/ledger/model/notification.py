"""Who is to be notified of the end of a task."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

MOST_NOTIFIED = 5


class End(StrEnum):
    """An end of a task, or any of them."""

    ENDED = "ended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Notification(NamedTuple):
    """A URL to which these ends are sent."""

    url: str
    ends: tuple[End, ...]


def to_text(notifications: Iterable[Notification]) -> str:
    """As accept_tasks.lua keeps it."""
    return json.dumps([{"url": url, "on": ends} for url, ends in notifications], separators=(",", ":"))


def from_text(text: str) -> tuple[Notification, ...]:
    """What `to_text` wrote; nobody for an empty text."""
    targets = json.loads(text) if text else []
    return tuple(Notification(target["url"], tuple(map(End, target["on"]))) for target in targets)
