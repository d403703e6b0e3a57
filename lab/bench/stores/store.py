"""Fills a store with many tasks by the ledger's own scripts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from redis import Redis

from celeriac.ledger.model.accepting import to_arguments
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.protocol import message as wire
from celeriac.ledger.store import keys, scripts

QUEUE = "default"
BATCH = 1_000
ENDED_OF = 10
MINUTE, DAY = 60_000_000, 86_400_000_000  # microseconds
DATE = "2026-01-01T00:00:00+00:00"
DOCUMENT = b'{"status": "SUCCESS", "result": 2, "traceback": null, "children": [], "task_id": "%b"}'
ENVELOPE = wire.envelope(
    task="add", queue=QUEUE, time_limit=timedelta(minutes=1), soft_time_limit=timedelta(minutes=1)
)
INPUT = wire.encoded_input(b'{"x": 1, "y": 1}')


def fill(redis: Redis, count: int, *, owners: Sequence[str] = ("",)) -> None:
    """Into an empty store, so many tasks, which belong to these owners in turn."""
    for start in range(0, count // ENDED_OF, BATCH):
        end = min(start + BATCH, count // ENDED_OF)
        accept(redis, start, end, owners=owners)
        redis.rpop(keys.queue(QUEUE), end - start)
        finish(redis, start, end)
    accept(redis, count // ENDED_OF, count, owners=owners)


def accept(redis: Redis, start: int, end: int, *, owners: Sequence[str] = ("",)) -> None:
    """Queue additions with these numbers, which belong to these owners in turn."""
    loaded = redis.script_load(scripts.ACCEPT.text)
    redis.hset(keys.envelopes(), ENVELOPE.digest, ENVELOPE.format)
    for first in range(start, end, BATCH):
        batch = [
            _submission(number, owners[number % len(owners)])
            for number in range(first, min(first + BATCH, end))
        ]
        arguments: Any = to_arguments(batch, where="push", ttl=DAY)
        redis.evalsha(loaded, 0, *arguments)


def task_id(number: int) -> str:
    """The id of the task with this number."""
    return f"00000000-0000-4000-8000-{number:012}"


def finish(redis: Redis, start: int, end: int) -> None:
    """Run additions with these numbers, which are queued."""
    claim, finish = (redis.script_load(script.text) for script in (scripts.CLAIM, scripts.END))
    with redis.pipeline(transaction=False) as pipeline:
        for name in map(task_id, range(start, end)):
            pipeline.evalsha(claim, 0, name, name, "bench", MINUTE, "", DAY, DATE, "push")
            pipeline.evalsha(
                finish, 0, name, name, "succeeded", "", DOCUMENT % name.encode(), DAY, DATE, "push"
            )
        pipeline.execute()


def _submission(number: int, owner: str) -> Submission:
    submitter = Submitter(owner, owner) if owner else None
    return Submission(task_id(number), "add", QUEUE, ENVELOPE, INPUT, submitter=submitter)
