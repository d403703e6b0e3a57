"""Events as they happen: one connection per process reads the streams of all that are followed, in few large reads.

The streams are the truth, and each reader keeps its place in them: a connection that breaks loses and doubles nothing, and a
reader that falls behind reads on from Redis, so that no memory grows. Readers that keep up share what was read.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.exceptions import RedisError

from ledger.connection import Connection, InDoubt, Unavailable

# Between two reads, so that a busy stream comes in batches: less than what a person takes for at once.
PAUSE_SECONDS = 0.03
BLOCK_MILLISECONDS = 100
RETRY_SECONDS = 0.5
# A stream that was not read for so long may have lost what was not read: only so many entries are kept.
LATE_SECONDS = 0.5
AT_ONCE = 1_000
RECENT_BATCHES = 4
START = b"0-0"

logger = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One entry of a stream: its id, and its fields."""

    id: bytes
    fields: dict[bytes, bytes]


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Neighbours in a stream, the same object for all who read them together. `cut`: some before them are gone."""

    entries: Sequence[Entry] = ()
    cut: bool = False


NOTHING = Batch()


class _Stream:
    """One stream that is followed: its latest batches, for readers that keep up."""

    def __init__(self, last: bytes) -> None:
        self.last = last
        self.readers = 0
        self.news = asyncio.Event()
        self._recent: deque[tuple[bytes, Batch]] = deque(maxlen=RECENT_BATCHES)

    def add(self, batch: Batch) -> None:
        """Take what was read, and wake who waits for it."""
        self._recent.append((self.last, batch))
        self.last = batch.entries[-1].id
        self.wake()

    def wake(self) -> None:
        """Let everyone look."""
        self.news.set()
        self.news = asyncio.Event()

    def after(self, place: bytes) -> Batch | None:
        """The batch that begins right after this id; None when it has to be asked for."""
        for before, batch in reversed(self._recent):
            if before == place:
                return batch
        return None


class Feed:
    """Follows streams, each reader from where it asks on."""

    def __init__(self, url: str) -> None:
        """Nothing is sent before the first reader."""
        self._ranges, self._news = Connection(url), Connection(url)
        self._ranging = asyncio.Lock()
        self._streams: dict[str, _Stream] = {}
        self._reading: asyncio.Task[None] | None = None
        self._read_at = time.monotonic()
        self._released = False

    @property
    def followed(self) -> int:
        """How many readers there are now."""
        return sum(stream.readers for stream in self._streams.values())

    async def follow(self, key: str, *, after: bytes, patience: float) -> AsyncIterator[Batch]:
        """What stands after this id, in order: what is there, then what comes.

        `NOTHING` says that nothing came for `patience` seconds. Ends only when the process does.
        """
        stream = await self._join(key)
        try:
            while not self._released:
                batch = stream.after(after)
                if batch is None and is_after(stream.last, after):
                    batch = await self._range(key, after, stream.last)
                    if not batch.entries:  # all of them are gone by now
                        after = stream.last
                if batch is None:
                    if await _has_news(stream, patience):
                        continue
                    batch = NOTHING
                if batch.entries:
                    after = batch.entries[-1].id
                yield batch
        finally:
            self._leave(key, stream)

    async def last(self, key: str) -> bytes:
        """The id of the newest entry; raises while Redis is away, as all that is asked before a stream begins."""
        async with self._ranging:
            return _newest(await self._ranges.call(*_newest_of(key)))

    def release(self) -> None:
        """Let every reader come to its end: this process is about to end."""
        self._released = True
        for stream in self._streams.values():
            stream.wake()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._ranges.close()
        await self._news.close()

    async def _join(self, key: str) -> _Stream:
        if key not in self._streams:
            last = _newest(await self._insist(*_newest_of(key)))
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

    async def _range(self, key: str, after: bytes, last: bytes) -> Batch:
        answer = await self._insist("XRANGE", key, b"(" + after, last, "COUNT", AT_ONCE)
        return Batch([_entry(one) for one in answer], cut=await self._is_cut(key, after))

    async def _is_cut(self, key: str, after: bytes) -> bool:
        """Whether entries after this id are gone, since only so many are kept."""
        oldest = await self._insist("XRANGE", key, "-", "+", "COUNT", 1)
        if not oldest or _place(oldest[0][0]) <= _place(after):
            return False
        info = await self._insist("XINFO", "STREAM", key)
        facts = dict(zip(info[::2], info[1::2], strict=True))
        return bool(facts.get(b"entries-added", 0) > facts[b"length"])

    async def _insist(self, *command: Any) -> Any:
        """The answer, however long Redis is away: who follows a stream is in the middle of it."""
        while True:
            try:
                async with self._ranging:
                    return await self._ranges.call(*command)
            except (Unavailable, InDoubt, RedisError) as error:
                logger.warning("a stream cannot be read (%s); trying again", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read_for_ever(self) -> None:
        while True:
            try:
                await self._read()
                await asyncio.sleep(PAUSE_SECONDS)
            except (Unavailable, InDoubt, RedisError) as error:
                logger.warning("the streams cannot be read (%s); trying again", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        """One read of all streams that are followed now."""
        streams = dict(self._streams)
        if not streams:
            self._read_at = time.monotonic()
            return
        lasts = [stream.last for stream in streams.values()]
        answer = await self._news.call(
            "XREAD", "COUNT", AT_ONCE, "BLOCK", BLOCK_MILLISECONDS, "STREAMS", *streams, *lasts
        )
        is_late = time.monotonic() - self._read_at > LATE_SECONDS
        for name, entries in answer or ():
            key = name.decode()
            stream = streams[key]
            cut = is_late and await self._is_cut(key, stream.last)
            stream.add(Batch([_entry(one) for one in entries], cut))
        self._read_at = time.monotonic()


def is_after(identity: bytes, other: bytes) -> bool:
    """Whether an entry with this id comes after the other in a stream."""
    return _place(identity) > _place(other)


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
