"""Calls the functions of runs with all that they need."""

import asyncio
import json
import logging
from functools import partial
from typing import TYPE_CHECKING

from celeriac.contract import context
from celeriac.contract.catalog import Implementations
from celeriac.contract.submitting import Submissions
from celeriac.ledger.file_rules import file_rules_of
from celeriac.ledger.for_workers import Consumer
from celeriac.ledger.model.submission import Parent
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.redis.link import Link
from celeriac_worker.loop.runs.call import Surroundings, outcome_of
from celeriac_worker.loop.runs.reports import RunReports
from celeriac_worker.loop.runs.run import Run, current
from celeriac_worker.loop.runs.stock_errors import NotRegistered
from celeriac_worker.loop.runs.submissions import submit_in_loop
from celeriac_worker.run.failure import unknown_task_sentence
from celeriac_worker.run.outcome import Failed, Outcome
from celeriac_worker.run.references import with_results
from celeriac_worker.run.shared.in_loop import LoopShares
from celeriac_worker.run.submitting import Definitions, Submitting

if TYPE_CHECKING:  # an extra, and slow to load
    from celeriac_worker.loop.spans import Spans

logger = logging.getLogger(__name__)


class Bodies:
    """Calls the functions of runs."""

    def __init__(
        self, link: Link, settings: Settings, implementations: Implementations, spans: "Spans | None"
    ) -> None:
        """`implementations` are all that this worker has; without `spans`, none are made."""
        self._spans = spans
        self._link, self._loop = link, asyncio.get_running_loop()
        # For what is rare, in threads.
        self._consumer = Consumer(settings)
        self._definitions = Definitions(implementations, settings)
        self._shares = LoopShares()
        self._files = file_rules_of(settings)
        self._around = Surroundings(
            settings.max_result_bytes,
            self._with_results,
            self._shares.values,
            self._is_cancelled,
            self.reports_of,
            lambda task_id: self._files.of_run(partial(self._consumer.may_read, task_id)),
        )

    async def outcome(self, run: Run) -> Outcome:
        """Call the function of a run whose task is claimed; nothing is raised."""
        current.set(run)
        return await (self._called(run) if self._spans is None else self._spans.outcome(run, self._called))

    async def _called(self, run: Run) -> Outcome:
        implementation, delivery = run.implementation, run.delivery
        if implementation is None:
            return Failed(NotRegistered(unknown_task_sentence(delivery.name)))
        context.begin_in_loop(
            run.attempt,
            ask=run.is_to_end,
            reports=partial(self.reports_of, run) if delivery.is_ours else None,
            submissions=partial(self._submissions, run) if delivery.is_ours else None,
        )
        outcome = await outcome_of(run, implementation, self._around)
        if run.reports is not None:
            run.reports.end()
        if run.children and (left := run.drop_children()):
            logger.warning(
                "task %s: what it started in asyncio and left running at its end is cancelled (%d in all)",
                run.task_id,
                left,
            )
        return outcome

    def reports_of(self, run: Run) -> RunReports:
        """Its own, made when it says something for the first time."""
        if run.reports is None:
            run.reports = RunReports(run.task_id, run.delivery.token or "", self._link, self._loop)
        return run.reports

    async def close(self) -> None:
        """Close what runs have shared."""
        await self._shares.close()
        if self._spans is not None:
            self._spans.close()

    async def _with_results(self, delivery: Delivery) -> str:
        """The input with the results to which it refers."""
        return await asyncio.to_thread(_filled, delivery, self._consumer)

    async def _is_cancelled(self, task_id: str) -> bool:
        await self._link.call("ZREM", keys.tasks(), "")  # which only the primary does
        return await self._link.call("HGET", keys.record(task_id), "cancel") is not None

    def _submissions(self, run: Run) -> Submissions:
        delivery = run.delivery
        parent = Parent(task_id=delivery.task_id, token=delivery.token or "")
        trace = partial(_of_message, delivery) if self._spans is None else self._spans.trace
        submitting = Submitting(parent, self._consumer, self._definitions, trace)
        return Submissions(delivery.task_id, partial(submit_in_loop, run.accepting, submitting))


def _of_message(delivery: Delivery) -> Trace | None:
    return delivery.trace


def _filled(delivery: Delivery, consumer: Consumer) -> str:
    return json.dumps(with_results(delivery.keywords(), consumer))
