"""The bytes of a file: in memory, on a disk or in a store."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from typing_extensions import Buffer

from celeriac.files.store.store import Store

CHUNK_BYTES = 65_536


class Content(Protocol):
    """The bytes of a file, read some at a time."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, which is not included."""
        ...


@dataclass(frozen=True)
class InMemory:
    """Bytes that are here already."""

    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """All of them at once."""
        part = self.data[start:end]
        if part:
            yield part


@dataclass(frozen=True)
class OnDisk:
    """A file of this machine."""

    path: Path

    @property
    def size(self) -> int:
        """How many bytes there are now."""
        return self.path.stat().st_size

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes, read as they are asked for."""
        left = max((self.size if end is None else end) - start, 0)
        with self.path.open("rb") as file:
            file.seek(start)
            while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class InStore:
    """A blob of a store."""

    store: Store = field(repr=False)
    digest: str
    size: int

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes, fetched as they are asked for."""
        yield from self.store.open(self.digest, start, self.size if end is None else min(end, self.size))


class Reader(io.RawIOBase):
    """A binary file to read, made of content: libraries can seek in it, and what they do not read is not fetched."""

    def __init__(self, content: Content) -> None:
        """At its beginning."""
        self._content, self._position = content, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as in any file."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._content.size}[whence]
        self._position = max(origin + offset, 0)
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill this buffer from the present place on."""
        view = memoryview(buffer).cast("B")
        filled = 0
        for chunk in self._content.chunks(self._position, self._position + len(view)):
            view[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._position += filled
        return filled
