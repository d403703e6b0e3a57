"""What a round of the keeper costs grows with what is lost, not with what is queued."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from ledger import scripts, wire
from stack.valkey import Valkey

FEW, MANY = 1_000, 100_000
BATCH = 1_000
ROUNDS = 50
# A look at each queued task would make it a hundred times as much.
MOST_TIMES = 5
NO_GRACE, AT_ONCE, MOST, TTL = 0, 100, 3, 86_400_000_000
KEEP: list[Any] = [AT_ONCE, "push", "reap", MOST, TTL, TTL, "2026-01-01T00:00:00+00:00"]
SWEEP: list[Any] = [NO_GRACE, AT_ONCE, "push", 1_000_000, TTL, "2026-01-01T00:00:00+00:00"]
ENVELOPE = wire.envelope(
    task="add", queue="default", time_limit=timedelta(minutes=1), soft_time_limit=timedelta(minutes=1)
)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A server on which nothing else happens."""
    with (
        Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as server,
        Redis.from_url(server.url) as client,
    ):
        client.hset(
            "celeriac:serving", "default", str(2**53)
        )  # a worker is there, for as long as this test runs
        yield client


def test_a_round_that_finds_a_lost_message_costs_no_more_with_a_hundred_times_as_many_queued(
    redis: Redis,
) -> None:
    accept(redis, 0, FEW)
    with_few = microseconds_a_round(redis)
    accept(redis, FEW, MANY)
    assert redis.llen("default") == MANY
    assert microseconds_a_round(redis) < MOST_TIMES * with_few


def accept(redis: Redis, start: int, end: int) -> None:
    """Queue the tasks of these numbers."""
    loaded = redis.script_load(scripts.ACCEPT.text)
    for first in range(start, end, BATCH):
        arguments: list[Any] = ["push"]
        for number in range(first, min(first + BATCH, end)):
            task_id = f"00000000-0000-4000-8000-{number:012}"
            arguments += [task_id, "add", "default", ENVELOPE.message(task_id, b'{"x": 1, "y": 1}'), ""]
        redis.evalsha(loaded, 0, *arguments)


def microseconds_a_round(redis: Redis) -> float:
    """By the server's own clock: a message is lost, it is seen to be missing, it is queued again."""
    loaded = [redis.script_load(script.text) for script in (scripts.KEEP, scripts.SWEEP)]
    redis.config_resetstat()
    for _ in range(ROUNDS):
        length = redis.llen("default")
        redis.rpop("default")
        for _ in range(2):
            redis.evalsha(loaded[0], 0, *KEEP)
            redis.evalsha(loaded[1], 0, *SWEEP)
        assert redis.llen("default") == length
    statistics = cast("dict[str, dict[str, float]]", redis.info("commandstats"))
    return statistics["cmdstat_evalsha"]["usec"] / ROUNDS
