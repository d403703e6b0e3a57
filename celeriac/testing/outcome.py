"""What came of a task that a test has run, with all that it reported."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from celeriac.contract.submitting import NewTask
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure


class Progress(NamedTuple):
    """One report of `context.progress`."""

    done: float
    total: float | None = None
    message: str | None = None


@dataclass(kw_only=True)
class Outcome:
    """The end of a task: `result` and `error` as the task document contains them.

    `state` is `succeeded`, `failed` or `cancelled`. `result` is JSON values: a date is text, bytes are base64. `error` has
    `type`, `message` and `traceback`; `exception` is what the function raised last. `waits` are the delays before each
    further attempt, for which nobody has waited. `progress`, `log` and `output` are the reports of all attempts;
    what a generator yields is `output`, too.
    `input` is the input as the API shows it: hidden values are "hidden". `submissions` are the calls of `context.submit`: each has `name`,
    `input`, `id` and its options, and none of them runs.
    """

    state: State
    result: Any = None
    error: Failure | None = None
    exception: BaseException | None = field(default=None, repr=False)
    attempts: int = 1
    waits: list[timedelta] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    output: list[Any] = field(default_factory=list)
    input: dict[str, Any] = field(default_factory=dict)
    submissions: list[NewTask] = field(default_factory=list)
