"""Values of flows that run side by side, between their end and their user."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
# How many flows may have begun for each that runs at once: where the first takes long, others go on meanwhile.
AHEAD = 4


class Window(Generic[T]):
    """What has begun and was not taken yet: bounded, however many flows there are."""

    def __init__(self, *, ordered: bool) -> None:
        """In the order of the flows, or as they end."""
        # How many have begun whose value was not taken.
        self.size = 0
        self._ordered = ordered
        self._next = 0
        self._by_number: dict[int, T] = {}
        self._ready: deque[T] = deque()

    @staticmethod
    def limit(at_once: int) -> int:
        """The largest size."""
        return at_once * AHEAD

    def put(self, number: int, value: T) -> None:
        """The flow of this number has ended."""
        if not self._ordered:
            self._ready.append(value)
            return
        self._by_number[number] = value
        while self._next in self._by_number:
            self._ready.append(self._by_number.pop(self._next))
            self._next += 1

    @property
    def is_ready(self) -> bool:
        """Whether its user can have a value now."""
        return bool(self._ready)

    def take(self) -> Iterator[T]:
        """What its user can have now."""
        while self._ready:
            self.size -= 1
            yield self._ready.popleft()
