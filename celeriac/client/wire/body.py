"""A body that is too large for memory: written once, sent as often as needed."""

from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile

# Larger bodies are in a temporary file.
IN_MEMORY = 1 << 20
PART = 1 << 16


class SpooledBody:
    """Lines, in memory or in a temporary file. It has to be closed."""

    def __init__(self) -> None:
        """It is empty."""
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by close()
        self.size = 0

    def add(self, line: bytes) -> None:
        """Add a line."""
        self._file.write(line + b"\n")
        self.size += len(line) + 1

    def parts(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        place = 0
        while place < self.size:
            self._file.seek(place)
            part = self._file.read(PART)
            place += len(part)
            yield part

    async def async_parts(self) -> AsyncIterator[bytes]:
        """The same for asyncio; a part is read from the disk in less time than a thread would need to start."""
        for part in self.parts():
            yield part

    def close(self) -> None:
        """Delete it."""
        self._file.close()
