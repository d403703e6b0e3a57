"""Holds what is known of one run while it goes on."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context, ContextVar
from time import monotonic
from typing import Any

from celeriac.contract.implementation import Implementation
from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.runs.reports import RunReports
from celeriac_worker.loop.runs.submissions import Accepting
from celeriac_worker.loop.runs.wish import Wish

# How long a run that was cancelled cleans up before the same wish cancels it again.
AGAIN_SECONDS = 5.0
# In the context of a run, and of all that it starts.
current: ContextVar["Run | None"] = ContextVar("run_in_loop", default=None)


class Run:
    """A delivery that is claimed, runs, or whose end is on its way to Redis."""

    __slots__ = (
        "accepting", "attempt", "begun_at", "cancelled_at", "children", "company", "delivery", "hard_at", "has_begun", "has_hard_timer",
        "has_soft_timer", "implementation", "is_asked", "reports", "soft_at", "task", "wish",
    )  # fmt: skip

    def __init__(self, delivery: Delivery, implementation: Implementation | None) -> None:
        """It is not claimed yet; without an implementation, it fails."""
        self.delivery, self.implementation = delivery, implementation
        self.attempt, self.begun_at = 0, 0.0
        # How many may run in its loop while it does, itself included; None: any number.
        self.company: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.reports: RunReports | None = None
        # Whether its first line was reached: a task that is cancelled before never gets there.
        self.has_begun = False
        # Whether somebody has asked for its end.
        self.is_asked = False
        self.wish: Wish | None = None
        self.cancelled_at = 0.0
        self.soft_at = self.hard_at = float("inf")
        # Whether timers for its limits are set.
        self.has_soft_timer = self.has_hard_timer = False
        # Tasks of asyncio that it has started, and that go on.
        self.children: set[asyncio.Task[Any]] = set()
        # The tasks that it has submitted.
        self.accepting: list[Accepting] = []

    @property
    def task_id(self) -> str:
        """Of the task that runs."""
        return self.delivery.task_id

    def is_to_end(self) -> bool:
        """Whether somebody has asked for its end."""
        return self.is_asked

    def begin(self, coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> None:
        """Run this, in a context of its own."""
        self.begun_at = loop.time()
        self.task = asyncio.Task(coroutine, loop=loop, context=Context())

    def cancel(self, wish: Wish) -> None:
        """Cancel it, and remember why. Who wishes the same again soon lets it clean up."""
        now = monotonic()
        is_new = self.wish is None or wish > self.wish
        if is_new:
            self.wish = wish
        if self.task is not None and self.has_begun and (is_new or now - self.cancelled_at > AGAIN_SECONDS):
            self.cancelled_at = now
            self.task.cancel()

    def drop_children(self) -> int:
        """Cancel what it has left behind, and answer how many that are."""
        left = [child for child in self.children if not child.done()]
        for child in left:
            child.cancel()
        self.children.clear()
        return len(left)


def of_run(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """The factory of tasks of the loop, which knows whose they are."""
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
    run = current.get()
    if run is not None:
        run.children.add(task)
        task.add_done_callback(run.children.discard)
    return task
