"""Bounds how many deliveries are under way to each host and of each owner."""

import time
from collections.abc import Callable

MOST_OF_HOST = 10
# The largest share of one owner in all deliveries that are under way.
OWNER_SHARE = 0.5
SHORTEST_DELAY, LONGEST_DELAY = 0.25, 3_600.0
# The share of the newest attempt in the mean duration.
NEWEST = 0.2
USUAL_SECONDS = 0.05
MOST_REMEMBERED = 10_000


class _Line:
    """What is under way to a host, or of an owner."""

    def __init__(self) -> None:
        self.under_way = 0
        self.mean_seconds = USUAL_SECONDS
        # Whoever was put off last comes at this time.
        self.last_due = 0.0


class Slots:
    """A place for each delivery that is under way."""

    def __init__(self, at_once: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """At most `at_once` are under way. The clock is in seconds, and never set back."""
        self._most_of_owner = max(int(at_once * OWNER_SHARE), 1)
        self._clock = clock
        self._lines: dict[tuple[str, str], _Line] = {}

    def enter(self, host: str, owner: str) -> float:
        """0 if there is a place, which is taken now; otherwise after how many seconds to ask again.

        Each who is put off gets a time of its own, at the pace of those before it.
        """
        lines = [(self._line("host", host), MOST_OF_HOST)]
        if owner:
            lines.append((self._line("owner", owner), self._most_of_owner))
        waits = [self._put_off(line, most) for line, most in lines if line.under_way >= most]
        if waits:
            return max(waits)
        for line, _ in lines:
            line.under_way += 1
        return 0.0

    def leave(self, host: str, owner: str, *, seconds: float) -> None:
        """The place is free; the attempt took so long."""
        for line in [self._line("host", host)] + ([self._line("owner", owner)] if owner else []):
            line.under_way -= 1
            line.mean_seconds += NEWEST * (seconds - line.mean_seconds)
        if len(self._lines) > MOST_REMEMBERED:
            self._lines = {name: line for name, line in self._lines.items() if line.under_way}

    def _put_off(self, line: _Line, most: int) -> float:
        now = self._clock()
        line.last_due = max(line.last_due, now + SHORTEST_DELAY) + line.mean_seconds / most
        return min(line.last_due - now, LONGEST_DELAY)

    def _line(self, kind: str, name: str) -> _Line:
        return self._lines.setdefault((kind, name), _Line())
