"""Measures what the keeper's rounds cost Redis until a lost message is queued."""

from typing import Any, cast

from redis import Redis

from celeriac.ledger.store import keys, scripts
from lab.bench.stores.store import DATE, DAY, QUEUE

ROUNDS = 50
MOST_LOST, NO_GRACE, AT_ONCE, LEASE = 3, 0, 100, 10_000_000
KEEP: list[Any] = [AT_ONCE, "push", LEASE, MOST_LOST, DAY, DAY, DATE]
SWEEP: list[Any] = [NO_GRACE, AT_ONCE, "push", 1_000_000, DAY, DATE]


def microseconds_a_loss(redis: Redis) -> float:
    """By the server's own clock: a message is lost, it is seen to be missing, it is queued again."""
    redis.hset(keys.serving(), QUEUE, str(2**53))  # a worker is there, for as long as this lasts
    keep, sweep = (redis.script_load(script.text) for script in (scripts.KEEP, scripts.SWEEP))
    redis.config_resetstat()
    for _ in range(ROUNDS):
        length = redis.llen(QUEUE)
        redis.rpop(QUEUE)
        for _ in range(2):
            redis.evalsha(keep, 0, *KEEP)
            redis.evalsha(sweep, 0, *SWEEP)
        if redis.llen(QUEUE) != length:
            raise RuntimeError("the keeper has not found the message that was lost")
    statistics = cast("dict[str, dict[str, float]]", redis.info("commandstats"))
    redis.hdel(keys.serving(), QUEUE)
    return statistics["cmdstat_evalsha"]["usec"] / ROUNDS
