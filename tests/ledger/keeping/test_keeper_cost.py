"""What the keeper's rounds cost grows with what is lost, not with what is queued."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.bench.measurements.keeping import microseconds_a_loss
from lab.bench.stores import store

FEW, MANY = 1_000, 100_000
# A look at each queued task would make it a hundred times as much; the least of several counts, as others disturb.
MOST_TIMES = 5
TRIES = 5


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A server on which nothing else happens."""
    with (
        Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as server,
        Redis.from_url(server.url) as client,
    ):
        yield client


def least_cost(redis: Redis) -> float:
    """In microseconds of the server's."""
    return min(microseconds_a_loss(redis) for _ in range(TRIES))


def test_a_lost_message_is_found_at_no_more_cost_with_a_hundred_times_as_many_queued(redis: Redis) -> None:
    store.accept(redis, 0, FEW)
    with_few = least_cost(redis)
    store.accept(redis, FEW, MANY)
    assert redis.llen(store.QUEUE) == MANY
    assert least_cost(redis) < MOST_TIMES * with_few
