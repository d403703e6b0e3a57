"""Readers of a stream share what was read, and hear what is gone."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from redis import Redis

from celeriac.ledger.live.event_streams import NOTHING, START, Feed
from celeriac.ledger.live.recent_batches import Batch
from celeriac.stack.valkey import Valkey

KEY = "celeriac:events:of-a-test"
KEPT = 100


def add(redis: Redis, count: int) -> None:
    """So many entries more, of which only the last `KEPT` stay."""
    with redis.pipeline() as pipeline:
        for number in range(count):
            pipeline.xadd(KEY, {"number": number}, maxlen=KEPT, approximate=False)
        pipeline.execute()


async def news(reader: AsyncIterator[Batch]) -> Batch:
    """The next batch that says something."""
    async for batch in reader:
        if batch is not NOTHING:
            return batch
    raise AssertionError("the stream has ended")


def test_readers_that_keep_up_are_given_the_same_batch(valkey: Valkey, redis: Redis) -> None:
    async def read_twice() -> list[Batch]:
        feed = Feed(valkey.url)
        readers = [feed.follow(KEY, after=START, patience=0.1) for _ in range(2)]
        for reader in readers:
            assert await anext(reader) is NOTHING
        add(redis, 3)
        batches = [await news(reader) for reader in readers]
        await feed.close()
        return batches

    redis.delete(KEY)
    one, other = asyncio.run(read_twice())
    redis.delete(KEY)
    assert len(one.entries) == 3
    assert one is other


def test_a_process_that_was_too_late_tells_its_readers_of_the_cut(tmp_path: Path) -> None:
    async def be_late(url: str, redis: Redis) -> Batch:
        feed = Feed(url)
        reader = feed.follow(KEY, after=START, patience=0.1)
        assert await anext(reader) is NOTHING
        add(redis, 3)
        assert not (await news(reader)).cut
        time.sleep(0.5)  # noqa: ASYNC251 - the process hangs
        add(redis, 2 * KEPT)
        batch = await news(reader)
        await feed.close()
        return batch

    with Valkey(tmp_path / "valkey") as valkey, Redis.from_url(valkey.url) as redis:
        batch = asyncio.run(be_late(valkey.url, redis))
    assert (len(batch.entries), batch.cut) == (KEPT, True)
