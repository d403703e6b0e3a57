"""What has become of one item of a batch."""

from dataclasses import dataclass
from typing import Any

from celeriac.client.documents import ErrorDocument, State


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What has become of one item of a batch."""

    #: The place of the item among all, from 0.
    number: int
    #: The name that the item gave itself by `as`.
    name: str | None
    task_id: str
    #: None if the task is forgotten, or never was.
    state: State | None
    error: ErrorDocument | None
    #: What the task returned, if it has succeeded.
    result: Any

    @property
    def succeeded(self) -> bool:
        """Whether the task has succeeded."""
        return self.state == "succeeded"


def result_of_line(line: Any) -> BatchResult:
    """A line of the results; `ValueError` if it is none."""
    try:
        return BatchResult(
            *(line[member] for member in ("number", "name", "task_id", "state", "error", "result"))
        )
    except (KeyError, TypeError):
        raise ValueError("it is not a result") from None
