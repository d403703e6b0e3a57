"""How many bytes a queued and an ended task take in Redis."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.bench.memory import memory_bytes
from lab.bench.stores import store

TASKS = 4_000
MOST_QUEUED, MOST_ENDED = 2_000, 1_500


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A server on which nothing else happens, with the feed of all tasks as long as it will be."""
    with (
        Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as server,
        Redis.from_url(server.url) as client,
    ):
        store.accept(client, 0, 3 * TASKS)
        yield client


@pytest.mark.parametrize("owners", [("",), tuple(f"tenant-{number}" for number in range(10))])
def test_a_small_task_takes_few_bytes_while_it_is_queued_and_when_it_has_ended(
    owners: Sequence[str], redis: Redis
) -> None:
    store.fill(redis, store.ENDED_OF)  # so that what is there once for all is there
    before = memory_bytes(redis)
    store.accept(redis, 4 * TASKS, 5 * TASKS, owners=owners)
    assert (memory_bytes(redis) - before) / TASKS < MOST_QUEUED
    redis.delete(keys.queue(store.QUEUE))
    before = memory_bytes(redis)
    store.accept(redis, 5 * TASKS, 6 * TASKS, owners=owners)
    store.finish(redis, 5 * TASKS, 6 * TASKS)
    redis.delete(keys.queue(store.QUEUE))
    assert (memory_bytes(redis) - before) / TASKS < MOST_ENDED
