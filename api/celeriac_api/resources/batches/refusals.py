"""What the ledger refuses of a batch, as problems."""

from celeriac.ledger.model.batch import BatchBehind, BatchComplete
from celeriac.ledger.model.batch import BatchGone as Gone
from celeriac.ledger.model.submission import Conflict
from celeriac_api.acceptance import problem_of
from celeriac_api.response.errors import (
    BatchComplete as Complete,
)
from celeriac_api.response.errors import (
    BatchGone,
    IdempotencyConflict,
    Problem,
    SubmissionInDoubt,
)


def conflict(batch_id: str) -> IdempotencyConflict:
    """The key belongs to another batch."""
    return IdempotencyConflict(
        f"The key belongs to batch {batch_id}, which has another label, or was sent otherwise: use a new key for a new batch.",
        batch_id=batch_id,
    )


def gone(batch_id: str) -> BatchGone:
    """The batch is forgotten."""
    return BatchGone(
        f"Batch {batch_id} is forgotten: the time to keep it is over, or it was deleted. Use a new key for a new batch."
    )


def refused_item(refusal: Exception, batch_id: str) -> Problem:
    """Why an item was not added."""
    match refusal:
        case BatchComplete():
            return Complete(
                f"Batch {batch_id} is complete, so that no items are added: all of it was received, it was cancelled, or nothing "
                "came for an hour. Send the items as a new batch.",
            )
        case Gone():
            return gone(batch_id)
        case BatchBehind():
            return SubmissionInDoubt(
                "Redis was restarted, and has lost the newest items. With an Idempotency-Key, send the same batch again.",
                headers={"Retry-After": "2"},
            )
        case Conflict():
            return IdempotencyConflict(
                f"With this key, another item was accepted under the same number, as task {refusal}: use a new key for a new batch.",
                task_id=str(refusal),
            )
    return problem_of(refusal)
