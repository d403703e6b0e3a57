"""The keys that are in Redis after all tasks have ended, and should not be."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from redis import Redis

from celeriac.ledger.model.states import FINAL

# Each with the reason to stay.
STAY = {
    "celeriac:tasks": "ids of all records",
    "celeriac:tagged:*": "ids of records",
    "celeriac:batches:*": "ids of batches",
    "celeriac:batches-ended": "ids of batches, by when they go",
    "celeriac:ended": "ids of records, by when they go",
    "celeriac:names": "one member a definition",
    "celeriac:queues": "one member a queue",
    "celeriac:lists": "one field a list of an existing app",
    "celeriac:definitions": "one field a definition that a worker has announced",
    "celeriac:definitions:sets": "one field an app",
    "celeriac:definitions:version": "a number",
    "celeriac:envelopes": "one field a definition",
    "celeriac:events": "the feed, of bounded length",
    "celeriac:totals": "one field a name and state",
    "celeriac:times": "one field a bucket",
    "celeriac:webhooks:secrets": "one field an owner",
    "celeriac:audit": "a stream of bounded length",
    "celeriac:clock": "one number",
    "celeriac:kept": "one number",
    "celeriac:sweeps": "one field a queue",
    "celeriac:workers": "the keeper removes old members",
    "celeriac:serving": "one field a queue",
    "_kombu.*": "one member a queue of Celery",
}
# What goes by itself, if it has a TTL.
DIE = (
    "celeriac:task:*",
    "celeriac:events:*",
    "celeriac:gone:*",
    "celeriac:idempotency:*",
    "celeriac:batch:*",
    "celeriac:flow:*",
    "celeriac:files-swept",  # of ten minutes
    "celeriac:early",  # of milliseconds; of up to an hour where the clock of Valkey was set back meanwhile
    "celeriac:worker:*",
    "celeriac:replies",
    "celery-task-meta-*",
)
# A key without tasks goes after a minute, at which it is looked at once more.
LIMITS, LIMITS_DUE, IDLE_SECONDS = "celeriac:limits", "celeriac:limits:due", 61
LISTING = re.compile(r"celeriac:tasks:(?P<state>[^:]+):.+")


def left_over(redis: Redis) -> list[str]:
    """The keys that have no reason to be there, and the ids in indexes that have no record."""
    names = _text(redis.scan_iter(count=1000))
    return [*(name for name in names if not _may_stay(redis, name)), *_without_record(redis)]


def _may_stay(redis: Redis, name: str) -> bool:
    if listing := LISTING.fullmatch(name):
        return listing["state"] in FINAL
    if name in (LIMITS, LIMITS_DUE) or fnmatch(name, "celeriac:limit:*"):
        return _is_looked_at(redis, name)
    if any(fnmatch(name, pattern) for pattern in DIE):
        return redis.ttl(name) != -1
    return any(fnmatch(name, pattern) for pattern in STAY)


def _is_looked_at(redis: Redis, name: str) -> bool:
    """Whether the keeper looks at a key soon, and at all keys of an index."""
    soon = redis.time()[0] + IDLE_SECONDS
    due = _text(redis.zrangebyscore(LIMITS_DUE, "-inf", soon * 1_000_000))
    keys = (
        _text(redis.zrange(name, 0, -1))
        if name in (LIMITS, LIMITS_DUE)
        else [name.removeprefix("celeriac:limit:")]
    )
    return set(keys) <= set(due)


def _without_record(redis: Redis) -> Iterator[str]:
    for index in ("celeriac:tasks", "celeriac:ended"):
        ids = _text(redis.zrange(index, 0, -1))
        records = [redis.exists(f"celeriac:task:{task_id}") for task_id in ids]
        yield from (f"{index}: {task_id}" for task_id, there in zip(ids, records, strict=True) if not there)


def _text(names: Iterable[Any]) -> list[str]:
    return [name.decode() for name in names]
