"""The audit trail in Redis: who changed what. To add an entry never waits."""

import asyncio
import logging
from collections import deque
from contextvars import Context
from typing import NamedTuple

from redis.exceptions import RedisError

from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Connection, InDoubt, Unavailable
from celeriac.ledger.store.epoch import Epoch

KEPT_ENTRIES = 10_000
# In memory, while Redis is away.
MOST_WAITING = 1_000
BATCH = 100
# No entry is before this one, and Redis refuses to look.
FIRST_ID = "0-0"
RETRY_SECONDS = 1.0
LAST_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Entry(NamedTuple):
    """An entry as it is stored: its id in the stream, and its document (JSON)."""

    id: str
    document: bytes


class AuditTrail:
    """Entries are written together, after the request that they are about, over a separate connection."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._writing, self._reading = Connection(backend, epoch=epoch), Connection(backend, epoch=epoch)
        self._one_read = asyncio.Lock()
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._writer: asyncio.Task[None] | None = None

    def add(self, document: bytes) -> None:
        """Write this entry soon. While Redis is away, the newest 1,000 wait; the log contains all of them."""
        self._waiting.append(document)
        if self._writer is None:
            # It works for all, so in the context of none of them.
            self._writer = asyncio.create_task(self._write_all(), context=Context())

    async def read(self, *, limit: int, before: str | None) -> list[Entry]:
        """The newest entries, or those before this id; the newest first."""
        if before == FIRST_ID:
            return []
        end = "+" if before is None else f"({before}"
        async with self._one_read:
            rows = await self._reading.call("XREVRANGE", keys.audit(), end, "-", "COUNT", limit)
        return [Entry(entry_id.decode(), fields[1]) for entry_id, fields in rows]

    async def close(self) -> None:
        """Write what waits, if Redis takes it in time, and close the connections."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=LAST_SECONDS)
            self._writer.cancel()
        await self._writing.close()
        await self._reading.close()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                if not await self._write(batch):
                    self._put_back(batch)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._writer = None

    async def _write(self, batch: list[bytes]) -> bool:
        """Whether these need not be written again: what Redis did not confirm may be there, and is in the log."""
        try:
            await self._writing.run(scripts.ADD_AUDIT_ENTRIES, [KEPT_ENTRIES, *batch])
        except Unavailable:
            return False
        except (InDoubt, RedisError) as error:
            logger.warning("%d entries of the audit trail may be in the log only: %s", len(batch), error)
        return True

    def _put_back(self, batch: list[bytes]) -> None:
        """At the front, as far as there is room: newer entries go before older ones."""
        room = MOST_WAITING - len(self._waiting)
        self._waiting.extendleft(reversed(batch[len(batch) - min(room, len(batch)) :]))
