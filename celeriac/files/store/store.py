"""What a store of blobs can do: one protocol for a directory and for S3.

A blob is the content of a file under its SHA-256. It never changes, so that equal content is stored once. To write or touch it is
the first step of naming it in a task: a sweep removes those that no task names, some time after they were last written or touched.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 262_144
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blob(NamedTuple):
    """Bytes that a store keeps: the SHA-256 of them in 64 hexadecimal digits, and their number."""

    digest: str
    size: int


class StoreError(Exception):
    """The store cannot be used now. The text contains the reason."""


class BlobGone(LookupError):
    """The store has no blob with this hash, which is the argument."""

    def __str__(self) -> str:
        """For whoever wanted it."""
        return f"the file with the SHA-256 {self.args[0]} is gone: it is not in the store (CELERIAC_FILES)"


class Writing(Protocol):
    """A blob that is being written: it is in the store once `finish` returns."""

    def write(self, chunk: bytes) -> None:
        """Append these bytes."""
        ...

    def finish(self) -> Blob:
        """Keep it under its hash; it counts as touched now."""
        ...

    def abandon(self) -> None:
        """Leave nothing of it behind; after `finish`, nothing happens."""
        ...


class Store(Protocol):
    """A store. Its methods block: an event loop calls them in a thread. Each can raise `StoreError`."""

    def begin(self) -> Writing:
        """A new blob, whose hash is known at its end."""
        ...

    def open(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of a blob from `start` up to `end`, which is not included; `BlobGone` comes at once.

        A blob that is opened can be read to its end, even if it is removed meanwhile.
        """
        ...

    def size(self, digest: str) -> int:
        """The number of its bytes; `BlobGone`."""
        ...

    def touch(self, digest: str) -> None:
        """Keep a blob as if it was just written, for a task that will name it; `BlobGone`."""
        ...


class SweptStore(Store, Protocol):
    """A store, for the sweep (celeriac/ledger/keeping/file_sweep.py). Times are seconds since 1970."""

    def old(self, before: float) -> Iterator[str]:
        """The blobs that were last touched before this time."""
        ...

    def aside(self) -> Iterator[str]:
        """The blobs that are set aside, by a sweep that died."""
        ...

    def set_aside(self, digest: str, before: float) -> bool:
        """Begin to remove a blob that was last touched before this time; whether there is one."""
        ...

    def put_back(self, digest: str) -> None:
        """Keep a blob that was set aside."""
        ...

    def discard(self, digest: str, before: float) -> None:
        """Remove a blob that was set aside, unless it was touched after this time."""
        ...

    def tidy(self, before: float) -> int:
        """Remove what was begun, and last written before this time; how many."""
        ...


def write(store: Store, stream: Iterable[bytes]) -> Blob:
    """Write a whole blob."""
    writing = store.begin()
    try:
        for chunk in stream:
            writing.write(chunk)
        return writing.finish()
    finally:
        writing.abandon()


def checked(digest: str) -> str:
    """The same text, if it is a hash; it becomes part of a path. `ValueError` if it is not."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is not a SHA-256 in hexadecimal digits")
    return digest
