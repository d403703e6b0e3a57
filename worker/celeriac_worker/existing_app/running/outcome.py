"""Says in the ledger's words how Celery's run of a task ended."""

from billiard.exceptions import TimeLimitExceeded as BilliardTimeLimitExceeded
from celery.exceptions import TimeLimitExceeded

from celeriac.ledger.model.task import Failure
from celeriac_worker.run.failure import failure_of, overrun_sentence

# In place of Celery's document, where Celery stores none.
NOTHING = b""


def failure_in(error: object) -> Failure:
    """Type and message of what ended a run; also of what is no exception, such as the reason of a retry without one."""
    if isinstance(error, TimeLimitExceeded | BilliardTimeLimitExceeded):
        return Failure(type(error).__name__, overrun_sentence(error.args[0]))
    if isinstance(error, BaseException):
        return failure_of(error)
    return Failure("Retry", str(error or "the task asked for another run"))
