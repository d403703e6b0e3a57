"""Lets an event loop use a store, whose calls block, in threads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import ParamSpec, TypeVar

from celeriac.files.store.store import Blob, Store, Writing

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4
# How much a thread writes in one step: hashing it takes a millisecond.
WRITTEN_BYTES = 1_048_576


class AsyncStore:
    """A store for an event loop. It has threads of its own, so that a slow disk holds up nothing else."""

    def __init__(self, store: Store) -> None:
        """Threads begin with the first call."""
        self.store = store
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="files")

    def begin(self) -> "AsyncWriting":
        """A new blob; the store is not touched before its first bytes."""
        return AsyncWriting(self)

    async def open(self, digest: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a blob, as in `Store.open`, whose errors come from this call: `chunks = await store.open(…)`."""
        return self._chunks(await self.call(self.store.open, digest, start, end))

    async def size(self, digest: str) -> int:
        """As in `Store`."""
        return await self.call(self.store.size, digest)

    async def touch(self, digest: str) -> None:
        """As in `Store`."""
        await self.call(self.store.touch, digest)

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking function of the store in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(function, *args, **kwargs)
        )

    def close(self) -> None:
        """End the threads when they have done what they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _chunks(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while chunk := await self.call(next, chunks, b""):
            yield chunk


class AsyncWriting:
    """A blob that is being written from an event loop. At most `WRITTEN_BYTES` of it are in memory, and the last chunk."""

    def __init__(self, store: AsyncStore) -> None:
        """Nothing is written yet."""
        self._store = store
        self._writing: Writing | None = None
        self._chunks: list[bytes] = []
        self._unwritten = 0
        self._lock = Lock()
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        """Append these bytes; returns when there is room for more."""
        self._chunks.append(chunk)
        self._unwritten += len(chunk)
        self.size += len(chunk)
        if self._unwritten >= WRITTEN_BYTES:
            await self._store.call(self._write)

    async def finish(self) -> Blob:
        """Keep it under its hash; it counts as touched now."""
        return await self._store.call(self._finish)

    async def abandon(self) -> None:
        """Leave nothing of it behind; after `finish`, nothing happens."""
        await self._store.call(self._abandon)

    def _begun(self) -> Writing:
        if self._writing is None:
            self._writing = self._store.store.begin()
        return self._writing

    def _write(self) -> None:
        # A step goes on after whoever waits for it is cancelled.
        with self._lock:
            chunks, self._chunks, self._unwritten = self._chunks, [], 0
            self._begun().write(chunks[0] if len(chunks) == 1 else b"".join(chunks))

    def _finish(self) -> Blob:
        self._write()
        with self._lock:
            return self._begun().finish()

    def _abandon(self) -> None:
        with self._lock:
            if self._writing is not None:
                self._writing.abandon()
