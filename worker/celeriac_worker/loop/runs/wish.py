"""Names the reasons for which runs are cancelled."""

from enum import IntEnum


class Wish(IntEnum):
    """What comes of a run that ends in an error after it was cancelled; a greater one goes before."""

    # Past its soft time limit: it fails, and its retry policy decides what follows.
    SOFT_LIMIT = 1
    # The worker stops: the task is returned, and runs elsewhere.
    STOP = 2
    # Past its time limit: it fails.
    HARD_LIMIT = 3
    # Somebody has asked for its end.
    TERMINATE = 4
    # Somebody else has the task: nothing comes of this run, not even of a result.
    LOST = 5
