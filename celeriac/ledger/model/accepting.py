"""What accept_tasks.lua is asked, and what its answer means for each submission."""

import json
from collections.abc import Sequence
from typing import Any

from celeriac.ledger.model.batch import BatchBehind, BatchComplete, BatchGone
from celeriac.ledger.model.dependencies import MOST_NAMED, BlockedBy
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import (
    Accepted,
    IdTaken,
    NotUnique,
    ParentNotRunning,
    Submission,
    UnknownDependency,
)
from celeriac.ledger.model.submitter import UNLIMITED, LimitExceeded, QueueFull, Submitter
from celeriac.ledger.model.task import Gone
from celeriac.ledger.model.times import date_done

Argument = str | bytes | int
# Of all options in one call: each task that a submission waits for is work for the script, and 1,000 of them are 40,000 characters.
MOST_OPTIONS = 65_536
# How many arguments come before those of callers and tasks.
BEFORE_CALLERS = 5


def fitting(submissions: Sequence[Submission]) -> int:
    """How many of these, from the first on, are to be accepted in one call; at least one."""
    left = MOST_OPTIONS
    for number, submission in enumerate(submissions):
        left -= len(submission.options)
        if left < 0:
            return max(number, 1)
    return len(submissions)


def to_arguments(
    submissions: Sequence[Submission], *, where: str, ttl: int, most_waiting: int = 0, batch: str = ""
) -> list[Argument]:
    """As the script reads them; `where` is "push", or "record" when the queues are on another server.

    A task that can never run ends at once, and is kept for `ttl` microseconds.

    At most `most_waiting` tasks may wait in one queue; 0 is no limit. `batch` is what they are added to, as batches.lua reads it.
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
    return [where, ttl, date_done(), most_waiting, batch, len(callers) - 1, *of_callers, *tasks]


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
            due_at = _due_at(options, at + number, State.QUEUED)
            answers[number] = Accepted(
                submission.task_id,
                first + number,
                State.SCHEDULED if due_at else State.QUEUED,
                trace_id=options.get("trace_id"),
                due_at=due_at,
            )
    for start in range(0, len(replies), 6):
        place, kind, *parts = (part.decode() for part in replies[start : start + 6])
        submission = submissions[int(place)]
        if kind == "blocked":
            answers[int(place)] = _blocked(submission, first + int(place), at + int(place), *parts[:2])
        elif kind == "replayed":
            answers[int(place)] = _replayed(submission, *parts)
        elif kind == "existing":
            task_id, created_at, *_ = parts
            answers[int(place)] = Accepted(task_id, int(created_at), State.QUEUED, replayed=True, exists=True)
        elif kind == "not unique":
            answers[int(place)] = NotUnique(*parts[:2])
        else:
            answers[int(place)] = _refusal(submission, kind, *parts[:2])
    return answers


def refused_at(answers: Sequence[Accepted | Exception]) -> int:
    """How many tasks of a batch were accepted, now or earlier: those before the first that was refused."""
    for number, answer in enumerate(answers):
        if isinstance(answer, Exception) and not isinstance(
            answer, Gone
        ):  # one that is forgotten was accepted
            return number
    return len(answers)


def _blocked(submission: Submission, created_at: int, at: int, count: str, named: str) -> Accepted:
    """A task that waits for others."""
    options = json.loads(submission.options)
    return Accepted(
        submission.task_id,
        created_at,
        State.BLOCKED,
        trace_id=options.get("trace_id"),
        due_at=_due_at(options, at, State.BLOCKED),
        blocked_by=BlockedBy(int(count), tuple(named.split())),
    )


def _refusal(submission: Submission, kind: str, what: str, wait: str) -> Exception:
    """Why a submission was not accepted."""
    match kind:
        case "limited":
            return _over_limit(submission, limit=what, wait=wait)
        case "full":
            return QueueFull(what, int(wait) / 1e6)
        case "no dependency":
            return UnknownDependency(what)
        case "over":
            return ParentNotRunning(what)
        case _:
            return _OTHERS[kind](submission.task_id)


_OTHERS: dict[str, type[Exception]] = {
    "taken": IdTaken,
    "gone": Gone,
    "complete": BatchComplete,
    "no batch": BatchGone,
    "behind": BatchBehind,
}


def _replayed(submission: Submission, task_id: str, created_at: str, was: str, trace_id: str) -> Accepted:
    """The task of an earlier submission, as it was accepted. Of a repeated call for a batch, only that it was."""
    if not task_id:
        return Accepted(submission.task_id, 0, State.QUEUED, replayed=True)
    options, state = json.loads(submission.options), State(was)
    ids = options.get("after", ())
    return Accepted(
        task_id,
        int(created_at),
        state,
        replayed=True,
        trace_id=trace_id or None,
        due_at=_due_at(options, int(created_at), state),
        blocked_by=BlockedBy(len(ids), tuple(ids[:MOST_NAMED])) if state is State.BLOCKED else None,
    )


def _over_limit(submission: Submission, *, limit: str, wait: str) -> LimitExceeded:
    allowance = submission.submitter.allowance(limit) if submission.submitter else UNLIMITED
    return LimitExceeded(limit, int(wait) / 1e6, allowance)


def _due_at(options: dict[str, Any], start: int, state: State) -> int | None:
    """When a task with these options is due that was accepted at this moment; None for one that is queued at once.

    The delay of a blocked task has not begun.
    """
    ahead = options.get("due", None if state is State.BLOCKED else options.get("delay"))
    return None if ahead is None else start + ahead
