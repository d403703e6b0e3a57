"""Keeps recently read events for readers at the same place, bounded in bytes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_BYTES = 4_000_000
# What Python takes for one entry, beside what stands in it.
OF_ONE_ENTRY = 700


class Entry(NamedTuple):
    """One entry of a stream: its id, and its fields."""

    id: bytes
    fields: dict[bytes, bytes]


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Neighbouring entries of a stream, shared by all readers. `cut`: some earlier entries are gone."""

    entries: Sequence[Entry] = ()
    cut: bool = False


class Batches:
    """The latest batches of all followed streams, by the id after which each begins."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """There is none."""
        self._most_bytes = most_bytes
        self._bytes = 0
        self._of: dict[str, dict[bytes, Batch]] = {}
        self._order: deque[tuple[str, bytes, Batch, int]] = deque()

    def get(self, key: str, after: bytes) -> Batch | None:
        """The batch that begins right after this id; None if it must be read from Redis."""
        return self._of.get(key, {}).get(after)

    def add(self, key: str, after: bytes, batch: Batch, *, size_bytes: int) -> None:
        """Keep the batch after this id, and drop the oldest batches if all together are too large."""
        cost = size_bytes + OF_ONE_ENTRY * len(batch.entries)
        self._of.setdefault(key, {})[after] = batch
        self._order.append((key, after, batch, cost))
        self._bytes += cost
        while self._bytes > self._most_bytes and len(self._order) > 1:
            self._let_go(*self._order.popleft())

    def forget(self, key: str) -> None:
        """Forget a stream that has no readers left."""
        if self._of.pop(key, None):
            entries = [entry for entry in self._order if entry[0] != key]
            self._bytes -= sum(entry[3] for entry in self._order if entry[0] == key)
            self._order = deque(entries)

    def _let_go(self, key: str, after: bytes, batch: Batch, cost: int) -> None:
        self._bytes -= cost
        of_key = self._of.get(key, {})
        if of_key.get(after) is batch:
            del of_key[after]
