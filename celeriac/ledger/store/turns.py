"""Keeps what waits, and hands it out by turns of its owners.

While fewer items wait than are taken at once, all of them go in the order in which they came, and nothing looks at their owners.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """Items that wait. Those of one owner stay in their order; adding and taking one takes the same time, however many wait."""

    def __init__(self, owner_of: Callable[[Item], Hashable]) -> None:
        """`owner_of` an item says with whose items it takes turns."""
        self._owner_of = owner_of
        self._arrived: list[Item] = []  # not looked at yet
        # Puts an item behind all of its owner. It is the list's own, as each request calls it.
        self.add: Callable[[Item], None] = self._arrived.append
        self._queues: dict[Hashable, deque[Item]] = {}
        self._next: deque[Hashable] = deque()  # the owners of the queues

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._arrived or self._next)

    def put_back(self, items: Sequence[Item]) -> None:
        """Before all of their owners, in this order."""
        if not self._next:
            self._arrived[:0] = items
            return
        for item in reversed(items):
            self._queue(item).appendleft(item)

    def take(self, most: int) -> list[Item]:
        """The next items, one of each owner that waits and then one of each again, up to `most`."""
        if not self._next and len(self._arrived) <= most:
            return self._take_arrived()
        for item in self._take_arrived():
            self._queue(item).append(item)
        taken: list[Item] = []
        while self._next and len(taken) < most:
            owner = self._next.popleft()
            queue = self._queues[owner]
            taken.append(queue.popleft())
            if queue:
                self._next.append(owner)
            else:
                del self._queues[owner]
        return taken

    def take_all(self) -> list[Item]:
        """Everything, each owner's in its order."""
        taken = [*chain.from_iterable(self._queues.values()), *self._take_arrived()]
        self._queues.clear()
        self._next.clear()
        return taken

    def _take_arrived(self) -> list[Item]:
        arrived = self._arrived.copy()
        self._arrived.clear()
        return arrived

    def _queue(self, item: Item) -> deque[Item]:
        """The queue of its owner, who waits from now on."""
        owner = self._owner_of(item)
        queue = self._queues.get(owner)
        if queue is None:
            queue = self._queues[owner] = deque()
            self._next.append(owner)
        return queue
