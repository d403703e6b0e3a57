"""The keys in Redis, without those that a keeper writes."""

from redis import Redis

from celeriac.ledger.store import keys

OWN = {keys.kept().encode(), keys.sweeps().encode()}


def stored(redis: Redis) -> set[bytes]:
    """The keys that tasks have left there."""
    return set(redis.scan_iter()) - OWN
