"""Removes large files that no task names any more.

Whoever writes or touches a blob has `AGE_SECONDS` to name it in a task. An older one that no task names is set aside, looked at again,
and removed only if still no task names it and nobody has touched it meanwhile. Wherever a sweep is killed, the next one goes on.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from redis.exceptions import RedisError

from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import StoreError, SweptStore
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.files import FileTable

AGE_SECONDS = 3600.0
# An upload that was begun, and is neither written to nor finished for so long, has died.
UNFINISHED_SECONDS = 86_400.0
# How often a process asks for its turn. So long after its start, and after an outage of Redis, workers have named what they wrote.
ASK_SECONDS = 60.0
AT_ONCE = 100

logger = logging.getLogger(__name__)


class FileSweep:
    """Any number of processes may sweep at once; they take turns to spare work."""

    def __init__(self, store: SweptStore, table: FileTable, *, age_seconds: float = AGE_SECONDS) -> None:
        """Nothing is looked at before `keep` or `sweep`."""
        self._swept, self._store, self._table = store, AsyncStore(store), table
        self._age_seconds = age_seconds

    async def keep(self) -> None:
        """Sweep when it is this process's turn, until cancelled."""
        while True:
            await asyncio.sleep(ASK_SECONDS)
            try:
                if await self._table.take_turn():
                    await self.sweep()
            except (StoreError, Unavailable, InDoubt, RedisError) as error:
                logger.warning("files: %s; large files that no task needs are removed later", error)

    async def sweep(self) -> int:
        """Go once through all blobs; how many were removed."""
        now, swept, removed = time.time(), self._swept, 0
        before = now - self._age_seconds
        await self._store.call(swept.tidy, now - UNFINISHED_SECONDS)
        removed += await self._decide(await self._store.call(list, swept.aside()), before)
        blobs = swept.old(before)
        while digests := await self._store.call(_next, blobs):
            unnamed = await self._table.unnamed(digests)
            aside = await self._store.call(self._set_aside, [*unnamed], before)
            removed += await self._decide(aside, before)
        if removed:
            logger.info("files: removed %d that no task needs", removed)
        return removed

    async def _decide(self, digests: Sequence[str], before: float) -> int:
        """Remove those of the blobs that were set aside which are not needed; how many."""
        removed = 0
        for start in range(0, len(digests), AT_ONCE):
            some = digests[start : start + AT_ONCE]
            unnamed = await self._table.unnamed(some)
            removed += await self._store.call(self._remove, some, unnamed, before)
        return removed

    def _set_aside(self, digests: Sequence[str], before: float) -> list[str]:
        return [digest for digest in digests if self._swept.set_aside(digest, before)]

    def _remove(self, digests: Sequence[str], unnamed: set[str], before: float) -> int:
        for digest in digests:
            if digest in unnamed:
                self._swept.discard(digest, before)
            else:
                self._swept.put_back(digest)
        return len(unnamed.intersection(digests))

    def close(self) -> None:
        """End the threads."""
        self._store.close()


def _next(blobs: Iterator[str]) -> list[str]:
    return [*dict.fromkeys(islice(blobs, AT_ONCE))]
