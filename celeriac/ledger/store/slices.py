"""Reads a large result in slices, so that never all of it is in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from celeriac.ledger.store import keys

SLICE_BYTES = 262_144
# Celery writes its document in this order (`Backend._get_result_meta`), and so does worker/celeriac_worker/run/backend.py.
BEFORE = b'{"status": "SUCCESS", "result": '
AFTER = b', "traceback": '
LONGEST_END = 65_536

Call = Callable[[tuple[Any, ...]], Awaitable[Any]]


class Lost(Exception):
    """The result was forgotten while it was read."""


@dataclass(frozen=True)
class Slices:
    """JSON text of `length` bytes, read as it is iterated over; `Lost` when it goes meanwhile."""

    key: str
    length: int
    call: Call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """One slice after the other."""
        for start in range(0, self.length, SLICE_BYTES):
            first, size = len(BEFORE) + start, min(SLICE_BYTES, self.length - start)
            part: bytes = await self.call(("GETRANGE", self.key, first, first + size - 1))
            if len(part) != size:
                raise Lost(f"{self.key} has gone while it was read")
            yield part


async def slices_of(task_id: str, size: int, call: Call) -> Slices | None:
    """The result within Celery's document of this size; None when the document is made otherwise than ours are."""
    key = keys.result(task_id)
    begin = await call(("GETRANGE", key, 0, len(BEFORE) - 1))
    end: bytes = await call(("GETRANGE", key, max(0, size - LONGEST_END), size - 1))
    position = end.rfind(AFTER)
    if begin != BEFORE or position < 0:
        return None
    return Slices(key, size - len(end) + position - len(BEFORE), call)
