"""Runs one attempt of an async task in a test."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac.contract.submitting import Submissions
from celeriac.testing.recorder import Recorder
from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.runs.call import Surroundings, outcome_of
from celeriac_worker.loop.runs.run import Run, current, of_run
from celeriac_worker.loop.runs.wish import Wish
from celeriac_worker.run.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class LoopAttempt:
    """What one attempt needs."""

    implementation: Implementation
    number: int
    task_id: str
    input_json: bytes
    soft_seconds: float | None
    max_result_bytes: int
    # One call of `context.cancelled()`, and whether somebody has asked to cancel the task.
    ask: Callable[[], bool]
    is_cancelled: Callable[[], bool]
    reports: Recorder
    submissions: Submissions
    # The shared values, by parameter.
    shared: Callable[[], Awaitable[Mapping[str, Any]]]

    async def outcome(self) -> Outcome:
        """Run it in this event loop. Nothing is raised."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(of_run)  # it knows what the run leaves behind
        run = Run(self._delivery(), self.implementation)
        run.attempt = self.number
        body = asyncio.Task(self._called(run), loop=loop, context=copy_context())
        run.task = body  # type: ignore[assignment]  # only cancelled there
        timer = None
        if self.soft_seconds is not None:
            timer = loop.call_later(self.soft_seconds, run.cancel, Wish.SOFT_LIMIT)
        try:
            return await body
        finally:
            if timer is not None:
                timer.cancel()
            run.drop_children()

    async def _called(self, run: Run) -> Outcome:
        current.set(run)
        context.begin_recorded(self.number, ask=self.ask, reports=self.reports, submissions=self.submissions)
        outcome = await outcome_of(run, self.implementation, self._surroundings())
        self.reports.end()
        return outcome

    def _surroundings(self) -> Surroundings:
        async def with_results(delivery: Delivery) -> str:
            return delivery.input_json.decode()

        async def shared(_: object) -> Mapping[str, Any]:
            return await self.shared()

        async def is_cancelled(_: str) -> bool:
            return self.is_cancelled()

        return Surroundings(self.max_result_bytes, with_results, shared, is_cancelled, lambda _: self.reports)

    def _delivery(self) -> Delivery:
        return Delivery(
            task_id=self.task_id, name=self.implementation.definition.name, queue="", raw=b"", token=self.task_id, stamp=0,
            input_json=self.input_json, args=(), refers=False, hard_seconds=None, soft_seconds=self.soft_seconds, trace=None,
        )  # fmt: skip
