"""What accept_tasks.lua is asked, and what its answer means for each submission."""

import json
from collections.abc import Sequence
from typing import Any

from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted, Conflict, IdTaken, Submission
from celeriac.ledger.model.submitter import UNLIMITED, LimitExceeded, QueueFull, Submitter
from celeriac.ledger.model.task import Gone

Argument = str | bytes | int


def to_arguments(submissions: Sequence[Submission], *, where: str, most_waiting: int = 0) -> list[Argument]:
    """As the script reads them; `where` is "push", or "record" when the queues are on another server.

    At most `most_waiting` tasks may wait in one queue; 0 is no limit.
    """
    callers: dict[Submitter | None, int] = {None: 0}
    numbers = [
        callers.setdefault(each.submitter, len(callers)) if each.submitter else 0 for each in submissions
    ]
    has_callers = len(callers) > 1
    tasks: list[Argument] = []
    for (task_id, name, queue, envelope, encoded, options, _), number in zip(
        submissions, numbers, strict=True
    ):
        tasks += (task_id, name, queue, envelope.digest, encoded, options)
        if has_callers:
            tasks.append(number)
    of_callers = [part for submitter in callers if submitter for part in submitter.arguments()]
    return [where, most_waiting, len(callers) - 1, *of_callers, *tasks]


def from_answer(
    submissions: Sequence[Submission], first: int, at: int, replies: Sequence[bytes]
) -> list[Accepted | Exception]:
    """Each one's own stamp, but for those that were not accepted now: what accept_tasks.lua says of them."""
    answers: list[Accepted | Exception] = [
        Accepted(submission.task_id, first + number, State.QUEUED)
        for number, submission in enumerate(submissions)
    ]
    for number, submission in enumerate(submissions):
        if submission.options:
            options = json.loads(submission.options)
            due_at = _due_at(options, at + number)
            answers[number] = Accepted(
                submission.task_id,
                first + number,
                State.SCHEDULED if due_at else State.QUEUED,
                trace_id=options.get("trace_id"),
                due_at=due_at,
            )
    for start in range(0, len(replies), 6):
        place, kind, task_id, created_at, was, trace_id = (
            part.decode() for part in replies[start : start + 6]
        )
        match kind:
            case "replayed":
                answers[int(place)] = Accepted(
                    task_id,
                    int(created_at),
                    State(was),
                    replayed=True,
                    trace_id=trace_id or None,
                    due_at=_due_at(json.loads(submissions[int(place)].options), int(created_at)),
                )
            case "conflict":
                answers[int(place)] = Conflict(task_id)
            case "limited":
                answers[int(place)] = _over_limit(submissions[int(place)], limit=task_id, wait=created_at)
            case "full":
                answers[int(place)] = QueueFull(task_id, int(created_at) / 1e6)
            case "taken":
                answers[int(place)] = IdTaken(submissions[int(place)].task_id)
            case _:
                answers[int(place)] = Gone(submissions[int(place)].task_id)
    return answers


def _over_limit(submission: Submission, *, limit: str, wait: str) -> LimitExceeded:
    allowance = submission.submitter.allowance(limit) if submission.submitter else UNLIMITED
    return LimitExceeded(limit, int(wait) / 1e6, allowance)


def _due_at(options: dict[str, Any], start: int) -> int | None:
    """When a task with these options is due that was accepted at this moment; None for one that is queued at once."""
    return start + options["due"] if "due" in options else None
