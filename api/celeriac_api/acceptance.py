"""Hands a submission to the ledger; what the ledger refuses becomes a problem."""

from math import ceil

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import (
    Accepted,
    Conflict,
    IdTaken,
    NoFileSpace,
    NoSlot,
    NotUnique,
    Submission,
    UnknownDependency,
)
from celeriac.ledger.model.submitter import LimitExceeded, QueueFull
from celeriac.ledger.store.connection import InDoubt
from celeriac_api.access.file_space import file_space_used_up
from celeriac_api.response import errors
from celeriac_api.response.address import address
from celeriac_api.response.errors import (
    DependencyNotFound,
    IdempotencyConflict,
    Problem,
    SubmissionInDoubt,
    TaskIdTaken,
)
from celeriac_api.response.limit_reached import limit_reached
from celeriac_api.response.near_names import shown


async def accept(ledger: Ledger, submission: Submission) -> Accepted:
    """The task, new or of an earlier submission with the same key."""
    try:
        return await ledger.accept(submission)
    except InDoubt as error:
        raise _in_doubt(submission.task_id) from error
    except REFUSALS as refusal:
        raise problem_of(refusal) from refusal


# Why the ledger does not accept a submission.
REFUSALS = (Conflict, IdTaken, UnknownDependency, NotUnique, NoSlot, NoFileSpace, LimitExceeded, QueueFull)


def problem_of(refusal: Exception) -> Problem:
    """What such a refusal of the ledger is to the client."""
    match refusal:
        case Conflict():
            return IdempotencyConflict(
                f"The key belongs to task {refusal}, which was submitted with another input or other options: "
                "use a new key for a new task.",
                task_id=str(refusal),
            )
        case IdTaken():
            return TaskIdTaken(f"The id {refusal} belongs to another task: choose another id.")
        case UnknownDependency():
            return DependencyNotFound(
                f"`after` has the id {refusal}, and no task or batch has it: it was never accepted here, or is forgotten.",
                dependency=str(refusal),
            )
        case NotUnique() | NoSlot() | NoFileSpace():
            return _room_taken(refusal)
        case LimitExceeded():
            return limit_reached(refusal)
        case QueueFull():
            return _queue_full(refusal)
    raise refusal


def _room_taken(refusal: NotUnique | NoSlot | NoFileSpace) -> Problem:
    """The refusal of a submission that does not wait for others of its key, or has files for which there is no room."""
    if isinstance(refusal, NoFileSpace):
        return file_space_used_up(int(refusal.args[0]))
    if isinstance(refusal, NotUnique):
        task_id, key = refusal.args
        return errors.NotUnique(
            f"Task {task_id} has the unique key {shown(key)}: wait for its end, or submit with `else` `return` or `replace`.",
            task_id=task_id,
            key=key,
        )
    key, limit = refusal.args
    return errors.ConcurrencyLimit(
        f"{limit} tasks with the key {shown(key)} are queued or run, as many as may: wait for the end of one, or submit with "
        "`else` `wait`.",
        key=key,
        limit=int(limit),
    )


def accepted_headers(accepted: Accepted) -> dict[str, str]:
    """The headers with the task's address, the time to wait, and whether it is an earlier task."""
    headers = {"location": address(f"/tasks/{accepted.task_id}"), "retry_after": "1"}
    return {**headers, "idempotent_replayed": "true"} if accepted.replayed else headers


def stream_headers(accepted: Accepted) -> dict[str, str]:
    """The same for an answer that streams the events of the task, without the time to wait."""
    headers = {"Location": address(f"/tasks/{accepted.task_id}")}
    return {**headers, "Idempotent-Replayed": "true"} if accepted.replayed else headers


def _queue_full(full: QueueFull) -> errors.QueueFull:
    seconds = max(ceil(full.wait_seconds), 1)
    return errors.QueueFull(
        f"As many tasks wait in queue {full.queue!r} as may (CELERIAC_MAX_QUEUE_DEPTH). Try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        queue=full.queue,
    )


def _in_doubt(task_id: str) -> SubmissionInDoubt:
    place = address(f"/tasks/{task_id}")
    return SubmissionInDoubt(
        f"Redis did not answer, so it is unknown whether the task was accepted. GET {place} in a few seconds: "
        "404 means that the task was not accepted, and you can submit it again. With an Idempotency-Key, you can send "
        "the same request again now.",
        headers={"Location": place, "Retry-After": "2"},
        task_id=task_id,
    )
