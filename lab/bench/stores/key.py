"""A key to measure with: every limit is asked, and never reached."""

import asyncio

from redis import Redis

from celeriac.access.key import Key
from celeriac.access.limits import Limits
from celeriac.access.stored_keys import StoredKeys
from celeriac.ledger.tables.keys import KeyTable

LIMITS = Limits(rate=1e6, burst=10**6, unfinished=10**8)


def new_key(url: str, *, owner: str = "tenant", limits: Limits = LIMITS) -> str:
    """The header `Authorization` of a new key of this owner in the database at this URL."""
    key = Key(name="bench", owner=owner, grants=("submit", "read"), digests=(), limits=limits)

    async def create() -> str:
        table = KeyTable(url)
        try:
            return (await StoredKeys(table).create(key))[1]
        finally:
            await table.close()

    return f"Bearer {asyncio.run(create())}"


def empty_but_keys(redis: Redis) -> None:
    """Remove all but the keys, at one moment, so that nobody finds the door open."""
    kept = {name: redis.dump(name) for name in redis.scan_iter("celeriac:keys*")}
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.flushdb()
        for name, dumped in kept.items():
            pipeline.restore(name, 0, dumped)  # type: ignore[arg-type]  # it is there
        pipeline.execute()
