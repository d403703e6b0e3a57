"""The runs of one loop process, by its reports and by what the ledger answers."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from celeriac_worker.loop_frames import Order, Report, Run

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class LoopRun:
    """A run that a loop has, or is about to claim. The times are those of `monotonic`."""

    run: Run
    # Whether the ledger has said that the task is ours.
    was_ours: bool = False
    # Whether it waits until fewer others run.
    is_held: bool = False
    # Its time limit is over: since when, and how often its event loop had gone on by then.
    overdue_since: float | None = None
    overdue_tick: int = 0
    # The last word that its loop was sent of it, and when that was `terminate`.
    word: str | None = None
    terminated_at: float | None = None


class Runs:
    """What a loop has. Its reports come in one thread, the answers of the ledger in that of the heartbeat."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._runs: dict[str, LoopRun] = {}
        # How often the event loop has said that it goes on.
        self.ticks = 0

    def take(self, report: Report) -> None:
        """Note what a loop reports of its runs."""
        for run in report.runs:
            self._runs.setdefault(run.token, LoopRun(run)).is_held = False
        for token in report.ended:
            self._runs.pop(token, None)
        for token in report.held:
            if token in self._runs:
                self._runs[token].is_held = True
        for token in report.overdue:
            late = self._runs.get(token)
            if late is not None and late.overdue_since is None:
                late.overdue_since, late.overdue_tick = monotonic(), self.ticks
        self.ticks += report.alive is not None

    def all(self) -> list[LoopRun]:
        """In the order in which they were begun."""
        return list(self._runs.values())

    def of(self, token: str | None) -> LoopRun | None:
        """The run of this delivery, if it has not ended."""
        return self._runs.get(token or "")


def order_after(answers: Iterable[tuple[LoopRun, str]]) -> Order | None:
    """What a loop has to be told after the answers of renew_leases.lua for its runs; None for nothing new. Each word is sent once."""
    words: dict[str, list[str]] = {"ask": [], "terminate": [], "lost": []}
    for run, answer in answers:
        if answer in ("active", "ask", "terminate"):
            run.was_ours = True
        # One that was never ours is about to be claimed: from the lease of a dead worker, say, or for another attempt.
        if answer in words and run.was_ours and run.word != answer:
            run.word = answer
            words[answer].append(run.run.token)
            _note(run, answer)
    ask, terminate, lost = map(tuple, words.values())
    return Order(ask, terminate, lost) if ask or terminate or lost else None


def _note(run: LoopRun, word: str) -> None:
    if word == "terminate":
        run.terminated_at = monotonic()
    if word == "lost":
        facts = {"task_id": run.run.task_id, "task_name": run.run.name}
        logger.warning(
            "task %s: another worker has the task now; its run here is cancelled",
            run.run.task_id,
            extra=facts,
        )
