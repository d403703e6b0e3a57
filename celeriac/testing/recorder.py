"""Records the reports of one attempt instead of sending them."""

from typing import Any

from celeriac.contract.reports import progress_document
from celeriac.testing.outcome import Outcome, Progress


class Recorder:
    """Keeps each report, also those that a worker would leave out because the next one follows too soon."""

    def __init__(self, outcome: Outcome) -> None:
        """`outcome` gets the reports."""
        self._outcome = outcome
        self._is_over = False

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Add a report of progress."""
        if not self._is_over:
            self._outcome.progress.append(Progress(**progress_document(done, total, message)))

    def event(self, kind: str, data: Any) -> None:
        """Add a line of the log or a piece of the output."""
        if self._is_over:
            return
        if kind == "log":
            self._outcome.log.append(data["line"])
        else:
            self._outcome.output.append(data["chunk"])

    async def chunk(self, value: Any) -> None:
        """Add what a generator has yielded."""
        self.event("output", {"chunk": value})

    def end(self) -> None:
        """Leave out what a thread of the task reports after its end, as the ledger does."""
        self._is_over = True
