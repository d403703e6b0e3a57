"""Limits how many tasks run beside one that may have ended its loop.

docs/decisions/0028 has the reasons.
"""

import math
from collections import deque
from collections.abc import Callable

from celeriac_worker.loop.runs.run import Run
from celeriac_worker.loop.runs.slots import Slots


class Company:
    """How many runs go on at once. Those that are granted and may not begin yet are held, in their order."""

    def __init__(self, slots: Slots, begin: Callable[[Run], None]) -> None:
        """`begin` begins a run that was held."""
        self._slots, self._begin = slots, begin
        self._running = 0
        # Of those that run and may have few others beside them.
        self._most: list[int] = []
        self._held: deque[Run] = deque()

    def enter(self, run: Run) -> bool:
        """Whether a granted run may begin now; otherwise it is held."""
        if not self._held and self._fits(run):
            self._count(run)
            return True
        self._held.append(run)
        self._slots.close()
        return False

    def leave(self, run: Run) -> None:
        """A run that has begun has ended."""
        self._running -= 1
        if run.company is not None:
            self._most.remove(run.company)
        if self._held or run.company is not None:
            self._go_on()

    def drop(self, run: Run) -> bool:
        """A run ends before it has begun; whether it was held."""
        if run not in self._held:
            return False
        self._held.remove(run)
        self._go_on()
        return True

    def _fits(self, run: Run) -> bool:
        most = min(self._most, default=math.inf)
        return self._running < min(most, math.inf if run.company is None else run.company)

    def _count(self, run: Run) -> None:
        self._running += 1
        if run.company is not None:
            self._most.append(run.company)
            self._slots.limit(min(self._most))

    def _go_on(self) -> None:
        while self._held and self._fits(self._held[0]):
            run = self._held.popleft()
            self._count(run)
            self._begin(run)
        self._slots.limit(min(self._most, default=None))
        if not self._held:
            self._slots.open()
