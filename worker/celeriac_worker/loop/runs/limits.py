"""Cancels runs at their time limits.

A timer for each limit of each run would cost more than a short task does: timers are set only for limits that are near.
"""

import asyncio
from collections.abc import Callable, Iterable

from celeriac_worker.loop.runs.run import Run
from celeriac_worker.loop.runs.wish import Wish

NEAR_SECONDS = 1.0

Overdue = Callable[[Run], None]


class Limits:
    """Of all runs of a loop. `overdue` is called for one that is past its hard limit, when it has been cancelled for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, overdue: Overdue) -> None:
        """Nothing runs yet."""
        self._loop, self._overdue = loop, overdue

    def begin(self, run: Run) -> None:
        """A run begins."""
        soft, hard = run.delivery.soft_seconds, run.delivery.hard_seconds
        if soft is not None:
            run.soft_at = run.begun_at + soft
        if hard is not None:
            run.hard_at = run.begun_at + hard
        self._arm(run, run.begun_at + NEAR_SECONDS)

    def look(self, runs: Iterable[Run]) -> None:
        """Called more often than each `NEAR_SECONDS`: set timers for limits that are near."""
        near = self._loop.time() + NEAR_SECONDS
        for run in runs:
            self._arm(run, near)

    def _arm(self, run: Run, near: float) -> None:
        """A timer keeps its run until it fires, also when the run has ended: none is set for a limit that is far away."""
        if run.soft_at < near and not run.has_soft_timer:
            run.has_soft_timer = True
            self._loop.call_at(run.soft_at, self._soft, run)
        if run.hard_at < near and not run.has_hard_timer:
            run.has_hard_timer = True
            self._loop.call_at(run.hard_at, self._hard, run)

    def _soft(self, run: Run) -> None:
        if run.task is not None and not run.task.done() and run.wish is None:
            run.cancel(Wish.SOFT_LIMIT)

    def _hard(self, run: Run) -> None:
        if run.task is not None and not run.task.done():
            run.cancel(Wish.HARD_LIMIT)
            self._overdue(run)
