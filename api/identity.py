"""Ids: random UUIDs (RFC 9562 §5.4), made from entropy that is fetched for many at once."""

import os
from collections.abc import Iterator
from uuid import UUID

_AT_ONCE = 256


def _uuids() -> Iterator[str]:
    while True:
        entropy = os.urandom(16 * _AT_ONCE)
        for start in range(0, len(entropy), 16):
            yield str(UUID(bytes=entropy[start : start + 16], version=4))


_source = _uuids()


def new_id() -> str:
    """A UUID, as unpredictable as `uuid.uuid4()`; the system is asked once for 256 of them."""
    return next(_source)
