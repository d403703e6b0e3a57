"""What accept_tasks.lua is asked, and what its answer means for each submission."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from celeriac.ledger.model.batch import BatchBehind, BatchComplete, BatchGone
from celeriac.ledger.model.dependencies import MOST_NAMED, BlockedBy
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import (
    Accepted,
    Conflict,
    IdTaken,
    NoFileSpace,
    NoSlot,
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


_OF_KEYS: Mapping[str, type[Exception]] = {
    "not unique": NotUnique,
    "no slot": NoSlot,
    "no space": NoFileSpace,
}


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
        number = int(place)
        answers[number] = _reply(submissions[number], first + number, at + number, kind, parts)
    return answers


def refused_at(answers: Sequence[Accepted | Exception]) -> int:
    """How many tasks of a batch were accepted, now or earlier: those before the first that was refused."""
    for number, answer in enumerate(answers):
        if isinstance(answer, Exception) and not isinstance(
            answer, Gone
        ):  # one that is forgotten was accepted
            return number
    return len(answers)


def _reply(
    submission: Submission, created_at: int, at: int, kind: str, parts: Sequence[str]
) -> Accepted | Exception:
    """What the script says of one submission."""
    match kind:
        case "blocked":
            return _blocked(submission, created_at, at, *parts[:2])
        case "held" | "debounced":
            return _waiting(submission, created_at, kind, *parts[:2])
        case "replayed":
            return _replayed(submission, *parts)
        case "existing":
            return Accepted(parts[0], int(parts[1]), State.QUEUED, replayed=True, exists=True)
        case "not unique" | "no slot" | "no space":
            return _OF_KEYS[kind](*parts[:2])
        case _:
            return _refusal(submission, kind, *parts[:2])


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


def _waiting(submission: Submission, created_at: int, kind: str, what: str, ahead: str) -> Accepted:
    """A task that waits at a key, or for a quiet time."""
    trace_id = json.loads(submission.options).get("trace_id")
    if kind == "debounced":
        return Accepted(submission.task_id, created_at, State.SCHEDULED, trace_id=trace_id, due_at=int(what))
    blocked_by = BlockedBy(0, (), what, int(ahead))
    return Accepted(submission.task_id, created_at, State.BLOCKED, trace_id=trace_id, blocked_by=blocked_by)


def _refusal(submission: Submission, kind: str, what: str, wait: str) -> Exception:
    """Why a submission was not accepted."""
    match kind:
        case "conflict":
            return Conflict(what)
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
