"""Logs how long Redis has been away: once, then each minute, then its return."""

import logging
import os
import time
from collections.abc import Callable
from threading import Lock

REPEAT_SECONDS = 60.0
# Who hears late of what is over does not say so.
LATE_SECONDS = 3.0

logger = logging.getLogger(__name__)


class Outage:
    """The outage of one Redis, for all threads of a process. A forked process logs nothing, because its parent does."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Redis is there. `clock` tells seconds."""
        self._clock = clock
        self._pid = os.getpid()
        self._lock = Lock()
        self.is_on = False
        self._began_at = 0.0
        self._said_at = self._over_at = float("-inf")

    def goes_on(self, reason: object) -> None:
        """Redis has not answered, or has refused, once more."""
        with self._lock:
            now = self._clock()
            if not self.is_on:
                if now - self._over_at < LATE_SECONDS:
                    return
                self.is_on, self._began_at = True, now
            if now - self._said_at < REPEAT_SECONDS:
                return
            self._said_at = now
            if now == self._began_at:
                self._say("redis is away: %s; trying again", reason)
            else:
                self._say("redis has been away for %.0f s: %s; trying again", now - self._began_at, reason)

    def ends(self) -> None:
        """Redis has answered."""
        with self._lock:
            if not self.is_on:
                return
            now = self._clock()
            self._say("redis is back after %.0f s", now - self._began_at)
            self.is_on, self._said_at, self._over_at = False, float("-inf"), now

    def _say(self, words: str, *values: object) -> None:
        logger.log(logging.WARNING if os.getpid() == self._pid else logging.DEBUG, words, *values)
