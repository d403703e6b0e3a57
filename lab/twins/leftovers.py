"""What is left in Redis when every task has ended, and should not be."""

import time
from fnmatch import fnmatch
from threading import Event

from redis import Redis

from lab.chaos.verdict.leftovers import left_over

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1
# Of the sample and of Celery, beside the keys that our own services leave.
STAY = ("sample:*", "celery-taskset-meta-*", "celeriac:definitions*")


def leftovers(redis: Redis) -> list[str]:
    """Open records, members of indexes, messages and what is unacknowledged, after all have had their time."""
    until = time.monotonic() + PATIENCE_SECONDS
    while names := [name for name in left_over(redis) if not _stays(name)]:
        if time.monotonic() > until:
            break
        Event().wait(POLL_SECONDS)
    return names


def _stays(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in STAY)
