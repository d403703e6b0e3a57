"""Reads the streams of all followed tasks over one connection per process.

Each reader keeps its place in a stream, so a broken connection loses and repeats nothing. A slow reader continues from Redis,
so memory does not grow. A read is bounded in bytes, and readers at the same place share it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import Context
from functools import partial
from typing import Any, TypeVar

from redis.exceptions import RedisError

from celeriac.ledger.live.recent_batches import Batch, Batches, Entry
from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Connection, InDoubt, Unavailable
from celeriac.ledger.store.epoch import Epoch

# From the beginning of a read to that of the next, so that a busy stream comes in batches: less than what a person takes for at once.
INTERVAL_SECONDS = 0.03
BLOCK_MILLISECONDS = 100
RETRY_SECONDS = 0.5
# Of one stream in one read, as one entry has up to 65,536 characters: what each reader holds that does not take it.
BATCH_BYTES = 65_536
# So many streams are read in one call.
STREAMS_AT_ONCE = 128
START = b"0-0"

NOTHING = Batch()

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


class _Stream:
    """One stream that is followed, up to its last entry that was read."""

    def __init__(self, last: bytes) -> None:
        self.last = last
        self.readers = 0
        self.news = asyncio.Event()

    def wake(self) -> None:
        """Wake every reader."""
        self.news.set()
        self.news = asyncio.Event()


class Feed:
    """Follows streams, each reader from its own place."""

    def __init__(self, url: str, epoch: Epoch | None = None) -> None:
        """Nothing is sent before the first reader."""
        self._ranges, self._news = Connection(url, epoch=epoch), Connection(url, epoch=epoch)
        self._ranging = asyncio.Lock()
        self._streams: dict[str, _Stream] = {}
        self._batches = Batches()
        self._reading: asyncio.Task[None] | None = None
        self._released = False

    @property
    def followed(self) -> int:
        """How many readers there are now."""
        return sum(stream.readers for stream in self._streams.values())

    async def follow(self, key: str, *, after: bytes, patience: float) -> AsyncIterator[Batch]:
        """The entries after this id, in order: first the existing ones, then new ones.

        `NOTHING` means that nothing came for `patience` seconds, or that all entries are gone. It ends only with the process.
        """
        stream = await self._join(key)
        try:
            while not self._released:
                batch, last = self._batches.get(key, after), stream.last
                if batch is None and is_after(last, after):
                    batch = await self._insist(partial(self._range, key, after, last))
                    after = after if batch.entries else last
                elif batch is None:
                    if await _has_news(stream, patience):
                        continue
                    batch = NOTHING
                if batch.entries:
                    after = batch.entries[-1].id
                yield batch
        finally:
            self._leave(key, stream)

    async def now(self, key: str) -> bytes:
        """An id between the entries that exist and those to come; raises while Redis is away.

        It is made from the time: the id of the newest entry would tell each reader when the tasks of others changed last.
        """
        async with self._ranging:
            seconds, fraction = map(int, await self._ranges.call("TIME"))
            newest = _newest(await self._ranges.call(*_newest_of(key)))
        return max(b"%d-0" % (seconds * 1000 + fraction // 1000), newest, key=_place)

    def release(self) -> None:
        """End every reader, because this process is about to end."""
        self._released = True
        for stream in self._streams.values():
            stream.wake()

    async def close(self) -> None:
        """Close the connections."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._ranges.close()
        await self._news.close()

    async def _join(self, key: str) -> _Stream:
        if key not in self._streams:
            last = _newest(await self._insist(partial(self._ranges.call, *_newest_of(key))))
            self._streams.setdefault(key, _Stream(last))
        stream = self._streams[key]
        stream.readers += 1
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_for_ever(), context=Context())
        return stream

    def _leave(self, key: str, stream: _Stream) -> None:
        stream.readers -= 1
        if not stream.readers and self._streams.get(key) is stream:
            del self._streams[key]
            self._batches.forget(key)

    async def _range(self, key: str, after: bytes, last: bytes) -> Batch:
        """What is between these ids, or the beginning of it; asked for once for all who wait for it."""
        batch = self._batches.get(key, after)
        if batch is not None:
            return batch
        (answer,) = await self._ranges.run(scripts.ENTRIES, (BATCH_BYTES, key, after, last))
        return self._keep(key, after, answer)

    def _keep(self, key: str, after: bytes, answer: Sequence[Any]) -> Batch:
        cut, size_bytes, *entries = answer
        if not entries:
            return NOTHING
        batch = Batch([_entry(row) for row in entries], bool(cut))
        if key in self._streams:
            self._batches.add(key, after, batch, size_bytes=size_bytes)
        return batch

    async def _insist(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer, however long Redis is away: who follows a stream is in the middle of it."""
        while True:
            try:
                async with self._ranging:
                    return await ask()
            except (Unavailable, InDoubt, RedisError) as error:
                logger.warning("a stream cannot be read (%s); trying again", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            next_at = loop.time() + INTERVAL_SECONDS
            try:
                if not await self._read():
                    await asyncio.sleep(max(next_at - loop.time(), 0))
            except (Unavailable, InDoubt, RedisError) as error:
                logger.warning("the streams cannot be read (%s); trying again", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> bool:
        """One read of all streams that are followed now; whether there may be more of one."""
        streams = dict(self._streams)
        if not streams:
            return False
        lasts = [stream.last for stream in streams.values()]
        # Which streams have news. How much there is of it, XREAD would bound by a number of entries alone.
        news = await self._news.call(
            "XREAD", "COUNT", 1, "BLOCK", BLOCK_MILLISECONDS, "STREAMS", *streams, *lasts
        )
        keys = [name.decode() for name, _ in news or ()]
        full = [
            await self._read_news({key: streams[key] for key in some})
            for some in _parts(keys, STREAMS_AT_ONCE)
        ]
        return any(full)

    async def _read_news(self, streams: Mapping[str, _Stream]) -> bool:
        ranges = [part for key, stream in streams.items() for part in (key, stream.last, "+")]
        answers = await self._news.run(scripts.ENTRIES, (BATCH_BYTES, *ranges))
        for (key, stream), answer in zip(streams.items(), answers, strict=True):
            batch = self._keep(key, stream.last, answer)
            if batch.entries:
                stream.last = batch.entries[-1].id
                stream.wake()
        return any(answer[1] > BATCH_BYTES / 2 for answer in answers)


def _parts(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def is_after(identity: bytes, earlier: bytes) -> bool:
    """Whether an entry with this id comes after the other in a stream."""
    return _place(identity) > _place(earlier)


async def _has_news(stream: _Stream, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            await stream.news.wait()
    except TimeoutError:
        return False
    return True


def _newest_of(key: str) -> tuple[str | int, ...]:
    return ("XREVRANGE", key, "+", "-", "COUNT", 1)


def _newest(answer: Any) -> bytes:
    return bytes(answer[0][0]) if answer else START


def _entry(answer: Any) -> Entry:
    identity, flat = answer
    return Entry(identity, dict(zip(flat[::2], flat[1::2], strict=True)))


def _place(identity: bytes) -> tuple[int, int]:
    """An id (`milliseconds-sequence`) as what it is ordered by."""
    milliseconds, _, sequence = identity.partition(b"-")
    return int(milliseconds), int(sequence or 0)
