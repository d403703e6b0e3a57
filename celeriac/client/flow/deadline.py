"""Until when a call may go on."""

import math
from time import monotonic

# Nobody who gave no deadline wants to wait for longer than this before the next attempt.
LONGEST_PAUSE_SECONDS = 300.0


class Deadline:
    """The end of a call, and how long the API may be away meanwhile, in seconds."""

    __slots__ = ("_away", "_away_since", "_end")

    def __init__(self, seconds: float | None, *, away: float) -> None:
        """`seconds` is for the whole call, None for as long as it takes; `away` counts from the last answer."""
        if seconds is not None and not isinstance(seconds, int | float):
            raise TypeError(f"The timeout is a number of seconds, not {seconds!r:.80}.")
        self._end = math.inf if seconds is None else monotonic() + seconds
        self._away = away
        self._away_since: float | None = None

    @property
    def left(self) -> float:
        """How many seconds are left; infinity without an end."""
        return self._end - monotonic()

    def answered(self) -> None:
        """The API has answered: from now on it may be away again."""
        self._away_since = None

    def allows(self, pause: float, *, is_busy: bool = False) -> bool:
        """Whether there is time to try again after this pause. An API that is only busy is not away."""
        now = monotonic()
        if now + pause >= self._end:
            return False
        if is_busy:
            return pause < LONGEST_PAUSE_SECONDS
        if self._away_since is None:
            self._away_since = now
        return now + pause < self._away_since + self._away
