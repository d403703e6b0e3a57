"""What becomes of the runs of a loop process that has ended."""

import logging
import re
from collections.abc import Callable, Sequence

from celery.exceptions import TimeLimitExceeded
from redis.exceptions import RedisError

from celeriac.ledger.for_workers import Consumer
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac_worker.loop_control.judgement import Verdict
from celeriac_worker.loop_control.runs import LoopRun

# What would have to be escaped there; lose_task.lua does not.
NOT_IN_JSON = r'["\\\x00-\x1f]'

logger = logging.getLogger(__name__)


class Aftermath:
    """Gives back what a dead loop had. Each step can be repeated; where one is refused, the lease of the task ends."""

    def __init__(self, consumer: Consumer, document: Callable[[str, Exception], bytes]) -> None:
        """`document` makes Celery's result document of a task that failed."""
        self._consumer = consumer
        self._document = document

    def settle(self, runs: Sequence[LoopRun], verdict: Verdict) -> None:
        """Fail the guilty ones, and return all others, the last one first: each goes before all that waits.

        Where nobody knows for which of its tasks a loop has died, a task that was alone in it has lost a run. Otherwise each of them
        runs again in half the company, at last alone, until it ends (docs/decisions/0028-the-death-of-a-loop.md).
        """
        suspects = [run for run in runs if _is_possible(run, verdict)]
        for run in reversed(runs):
            try:
                if run.run.token in verdict.guilty:
                    self._fail(run, verdict.guilty[run.run.token])
                elif not verdict.is_riddle or run not in suspects:
                    self._consumer.return_task(run.run.task_id, token=run.run.token)
                elif len(suspects) == 1:
                    reason = re.sub(NOT_IN_JSON, "", verdict.reason)
                    self._consumer.lose(run.run.task_id, token=run.run.token, reason=reason)
                else:
                    self._consumer.return_task(
                        run.run.task_id, token=run.run.token, company=len(suspects) // 2
                    )
            except RedisError as refusal:
                logger.warning("task %s: redis refuses its return (%s)", run.run.task_id, refusal)

    def _fail(self, run: LoopRun, sentence: str) -> None:
        facts = {"task_id": run.run.task_id, "task_name": run.run.name}
        logger.error("task %s (%s) failed: %s", run.run.task_id, run.run.name, sentence, extra=facts)
        error = TimeLimitExceeded(run.run.hard_seconds)
        self._consumer.end(
            run.run.task_id,
            token=run.run.token,
            state=State.FAILED,
            failure=Failure(type(error).__name__, sentence),
            document=self._document(run.run.task_id, error),
        )


def _is_possible(run: LoopRun, verdict: Verdict) -> bool:
    """Whether it may be the reason."""
    return not run.is_held and (verdict.possible is None or run.run.token in verdict.possible)
