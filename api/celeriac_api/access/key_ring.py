"""All keys in memory, so that a request is let in without asking Redis.

Redis is asked every 2 seconds whether they have changed, and so is the file of keys. While Redis is away, its keys are believed
for 60 seconds, and not longer.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hmac import compare_digest

from redis.exceptions import RedisError

from celeriac.access.key import Key, SecretDigest, key_from_json
from celeriac.access.key_file import KeyFile
from celeriac.access.secret import digest
from celeriac.ledger.store.connection import InDoubt, Refused, Unavailable
from celeriac.ledger.tables.keys import NO_VERSION, KeyTable
from celeriac_api.access.shared_run import SharedRun
from celeriac_api.response.errors import Problem, RedisRefuses, RedisUnavailable

ASK_SECONDS = 2.0
# Nobody is let in on the strength of an older answer, unless Redis was asked since then, and is away.
SURE_SECONDS = 4.0
BELIEVED_SECONDS = 60.0
# A key that is not known may have been made a moment ago: Redis is asked again, but not more often than this.
PAUSE_SECONDS = 0.1
NEVER = float("-inf")

logger = logging.getLogger(__name__)


class KeyRing:
    """The keys of the file and those in Redis. Of two with one name both are good, each with its own scopes."""

    def __init__(
        self,
        table: KeyTable,
        file: KeyFile,
        *,
        closed: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`closed`: also without any key. `clock` is in seconds, and never set back; keys expire by `now`. Nothing is asked yet."""
        self._table, self._file = table, file
        self.clock, self._now = clock, now
        self._version: int | None = None
        # When the last question that is over began and ended, and when the last one began that was answered.
        self._began_at, self._asked_at, self._read_at = NEVER, NEVER, NEVER
        self._of_file: dict[str, tuple[Key, SecretDigest]] = {}
        self._of_redis: dict[str, tuple[Key, SecretDigest]] = {}
        self._away: Exception | None = None
        self._asking = SharedRun(self._ask)
        # How many answers there were, and up to when, by the clock, the last one holds.
        self.answers, self.sure_until = 0, NEVER
        self.is_closed = closed or file.path is not None
        self._index_file()

    @property
    def is_read(self) -> bool:
        """Whether the keys in Redis were ever read."""
        return self._version is not None

    @property
    def is_due(self) -> bool:
        """Whether the last question to Redis is too long ago."""
        return self.clock() >= self._asked_at + SURE_SECONDS

    def keys_of_file(self) -> Mapping[str, Key]:
        """The keys of the file, by name."""
        return self._file.keys

    def find(self, secret: str) -> tuple[Key, SecretDigest] | None:
        """The key of this secret, which may have expired; None where there is none. A problem where that is not known."""
        sha256 = digest(secret)
        entry = self._of_file.get(sha256)
        if entry is None:
            self.require_knowledge()
            entry = self._of_redis.get(sha256)
        return entry if entry is not None and compare_digest(entry[1].sha256, sha256) else None

    def is_over(self, key: Key, secret: SecretDigest) -> bool:
        """Whether this secret is good no more."""
        until = key.until(secret)
        return until is not None and until <= self._now()

    def require_knowledge(self) -> None:
        """A problem where the keys were never read, or not for too long."""
        if self.clock() > self._read_at + BELIEVED_SECONDS:
            raise _unknown(self._away)

    async def refresh(self) -> None:
        """Ask the file and Redis now; whoever asks meanwhile waits for the same answer."""
        await self._asking.join()

    async def catch_up(self) -> None:
        """Know all that was changed before this call: the answer to an earlier question is not enough."""
        await self._know_since(self.clock())

    async def look_again(self) -> None:
        """Ask for a key that is not known, ten times a second at most, however many such keys come."""
        came = self.clock()
        if self._away is not None:
            return
        await asyncio.sleep(self._asked_at + PAUSE_SECONDS - came)
        await self._know_since(came)

    async def keep(self) -> None:
        """Ask every 2 seconds, until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(ASK_SECONDS)

    async def _know_since(self, moment: float) -> None:
        while self._began_at < moment:
            await self.refresh()

    async def _ask(self) -> None:
        began_at = self.clock()
        try:
            if self._file.read_again():
                self._index_file()
            await self._read_table(began_at)
        finally:
            self._began_at, self._asked_at = began_at, self.clock()
            self._settle()

    async def _read_table(self, began_at: float) -> None:
        try:
            news = await (
                self._table.read() if self._version is None else self._table.read_since(self._version)
            )
        except (Unavailable, InDoubt, RedisError) as error:
            if self._away is None:
                logger.warning(
                    "the keys in Redis cannot be read: those that are known are believed for %d seconds (%s)",
                    BELIEVED_SECONDS,
                    error,
                )
            self._away = error
            return
        self._away, self._read_at = None, began_at
        if news is not None:
            self._version = news.version
            self._of_redis = _by_digest(_readable(news.documents))
            # For as long as this process lives: that Redis has lost its keys opens nothing.
            self.is_closed = self.is_closed or news.version != NO_VERSION

    def _index_file(self) -> None:
        self._of_file = _by_digest(self._file.keys.values())

    def _settle(self) -> None:
        """Up to when this answer holds: until the next one, and at most until something expires."""
        self.answers += 1
        now = self._now()
        ends = [key.until(secret) for key, secret in (*self._of_file.values(), *self._of_redis.values())]
        left = [(end - now).total_seconds() for end in ends if end is not None and end > now]
        self.sure_until = min(
            self._asked_at + SURE_SECONDS,
            self._read_at + BELIEVED_SECONDS,
            *(self.clock() + seconds for seconds in left),
        )


def _readable(documents: Mapping[str, str]) -> list[Key]:
    """What cannot be read lets nobody in, and keeps nobody else out."""
    keys = []
    for name, document in documents.items():
        try:
            keys.append(key_from_json(name, document))
        except ValueError:
            logger.warning("the key %r in Redis cannot be read, and lets nobody in", name)
    return keys


def _by_digest(keys: Iterable[Key]) -> dict[str, tuple[Key, SecretDigest]]:
    return {secret.sha256: (key, secret) for key in keys for secret in key.digests}


def _unknown(away: Exception | None) -> Problem:
    headers = {"Retry-After": "2"}
    rest = f"keys that were read before are believed for {BELIEVED_SECONDS:.0f} seconds, and that is over."
    if isinstance(away, Refused):
        return RedisRefuses(f"{away.refusal.words}, so keys cannot be checked; {rest}", headers=headers)
    return RedisUnavailable(
        f"Redis does not answer, so keys cannot be checked; {rest} Try again in a few seconds.",
        headers=headers,
    )
