"""Remembers who sent which header, so that most requests cost one look into a dict.

A header is found by a hash that is secret to this process, so the time that it takes tells nothing about a key.
"""

from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST_REMEMBERED = 4_096


class RememberedCallers(Generic[Value]):
    """Values by the whole header `Authorization`, as of one version of what they were concluded from."""

    def __init__(self) -> None:
        """Nobody is known."""
        self._values: dict[bytes | None, Value] = {}
        self._version = -1

    def get(self, header: bytes | None, version: int) -> Value | None:
        """What was remembered of this header in this version."""
        return self._values.get(header) if self._version == version else None

    def put(self, header: bytes | None, value: Value, version: int) -> None:
        """Remember this. What other versions have left goes, and everything when it is too much."""
        if self._version != version or len(self._values) >= MOST_REMEMBERED:
            self._values.clear()
            self._version = version
        self._values[header] = value
