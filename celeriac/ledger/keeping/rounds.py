"""When a keeper's next round begins: at its usual time, or early."""

import random

INTERVAL_SECONDS = 0.25


class Rounds:
    """The times of one keeper's rounds, by one clock, in seconds."""

    def __init__(self, now: float) -> None:
        """The first round is a usual one."""
        self._usual_at = _usual_after(now)
        self._early_at: float | None = None

    @property
    def next_at(self) -> float:
        """When the next round begins."""
        return self._usual_at if self._early_at is None else min(self._early_at, self._usual_at)

    def begin(self, now: float) -> bool:
        """A round begins; whether it is a usual one. An early round whose time has not come yet is still to come."""
        if self._early_at is not None and now >= self._early_at:
            self._early_at = None
        if is_usual := now >= self._usual_at:
            self._usual_at = _usual_after(now)
        return is_usual

    def come_early(self, at: float | None) -> None:
        """What the script of this round has answered: a time for the next one. None: what was undertaken before is still valid."""
        if at is not None:
            self._early_at = at


def _usual_after(now: float) -> float:
    """Keepers spread their usual rounds."""
    return now + INTERVAL_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load is no secret
