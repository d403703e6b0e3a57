"""Decides how many messages a worker reserves."""

import math
import time
from collections.abc import Callable

# How far a worker looks ahead: longer would keep from others what they could have begun by then.
HORIZON_SECONDS = 0.02
# Over how long the pool's rate is taken.
MEMORY_SECONDS = 0.1
MOST = 64


class Ahead:
    """The pool's rate of late, as a count of ended tasks that fades away.

    Where tasks are long it comes to nothing, and a worker holds no more than it runs. Where they are short, a process that
    has ended one finds the next without a round trip to Redis.
    """

    # How many processes the pool lacks: until they have started, nothing is taken for them. Set by the pool.
    missing = 0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """No task has ended yet; `clock` tells seconds."""
        self._clock = clock
        self._count = 0.0
        self._at = clock()

    def ended(self) -> None:
        """Another task has."""
        self._count = self._faded() + 1

    def messages(self) -> int:
        """How many to take beyond one for each process, at most `MOST`."""
        return min(MOST, int(self._faded() * HORIZON_SECONDS / MEMORY_SECONDS))

    def _faded(self) -> float:
        now = self._clock()
        count = self._count * math.exp((self._at - now) / MEMORY_SECONDS)
        self._count, self._at = count, now
        return count
