"""Tasks that end in every way but by returning."""

import os
import signal
import sys
import time
from datetime import timedelta

from celeriac import RetryPolicy, context, task

SHORT = timedelta(seconds=0.3)
FOR_EVER = 600


class Unprintable(Exception):
    """An error whose own text cannot be made."""

    def __str__(self) -> str:
        """Fail once more."""
        raise RuntimeError("no text")

    __repr__ = __str__


class Stubborn(Exception):
    """An error that cannot be made again from its arguments, so that pickle fails."""

    def __init__(self, *, code: int) -> None:
        """Take no positional argument."""
        super().__init__(f"code {code}", lambda: code)


class Beyond(BaseException):
    """An error that `except Exception` does not catch."""


@task(soft_time_limit=SHORT)
def over_soft_limit() -> None:
    """Run longer than allowed, and leave it at that."""
    time.sleep(FOR_EVER)


@task(soft_time_limit=SHORT)
def tidy_up_at_soft_limit() -> str:
    """Run longer than allowed, and make the best of it."""
    from celery.exceptions import SoftTimeLimitExceeded

    try:
        time.sleep(FOR_EVER)
    except SoftTimeLimitExceeded:
        return "tidied up"
    return "never told"


@task(soft_time_limit=SHORT, time_limit=timedelta(seconds=1))
def over_hard_limit() -> None:
    """Run longer than allowed, and hear nothing."""
    from celery.exceptions import SoftTimeLimitExceeded

    while True:
        try:
            time.sleep(FOR_EVER)
        except SoftTimeLimitExceeded:
            continue


@task(time_limit=timedelta(seconds=0.5))
def over_hard_limit_alone() -> None:
    """Run longer than allowed, with no soft limit to say so before."""
    time.sleep(FOR_EVER)


@task
def die() -> None:
    """End the process as the out-of-memory killer does."""
    os.kill(os.getpid(), signal.SIGKILL)


@task
def drop_out() -> None:
    """End the process with no word to anyone."""
    os._exit(3)


@task
def leave() -> None:
    """Ask Python to end the process."""
    sys.exit("enough")


@task
def interrupt() -> None:
    """End as Ctrl-C ends a program."""
    raise KeyboardInterrupt


@task
def exhaust_memory() -> None:
    """Ask for more than there is."""
    raise MemoryError("1 EiB")


@task
def recurse(depth: int = 0) -> int:
    """Never come to an end."""
    return recurse(depth + 1)


@task
def raise_beyond() -> None:
    """Raise what is no Exception."""
    raise Beyond("no Exception")


@task
def raise_cancelled() -> None:
    """Raise what asyncio raises when it is cancelled, which is no Exception either."""
    import asyncio

    raise asyncio.CancelledError("called off")


@task
def raise_unprintable() -> None:
    """Raise an error that cannot be shown."""
    raise Unprintable


@task
def raise_stubborn() -> None:
    """Raise an error that cannot be pickled."""
    raise Stubborn(code=7)


@task
def raise_with_nan() -> None:
    """Raise an error with an argument that is no JSON."""
    raise ValueError(float("nan"), float("inf"))


@task
def raise_with_huge_integer() -> None:
    """Raise an error with an argument that Python refuses to print."""
    raise ValueError(10**5_000)


@task
def raise_with_lone_surrogate() -> None:
    """Raise an error whose text is no Unicode."""
    raise ValueError("before \ud800 after")


@task
def raise_with_object() -> None:
    """Raise an error with an argument that has no JSON form."""
    raise ValueError(object(), b"\xff", {1, 2})


@task
def raise_with_typed_value() -> None:
    """Raise an error with an argument that kombu cannot read."""
    raise ValueError({"__type__": "nonsense", "__value__": 1})


@task
def raise_at_length() -> None:
    """Raise an error with a very long text."""
    raise ValueError("x" * 5_000_000)


@task
def raise_group() -> None:
    """Raise several errors as one."""
    raise ExceptionGroup("two of them", [ValueError("one"), KeyError("two")])


@task
def raise_from_cause() -> None:
    """Raise an error because of another."""
    raise ValueError("second 🥬") from KeyError("first")


@task
def raise_kept() -> None:
    """Raise an error that the function has under a name of its own."""
    kept = ValueError("kept")
    raise kept


@task
def raise_ignore() -> None:
    """Tell Celery to forget the task."""
    from celery.exceptions import Ignore

    raise Ignore("nothing to see")


@task
def raise_reject() -> None:
    """Tell Celery to put the message back, for ever."""
    from celery.exceptions import Reject

    raise Reject("not now", requeue=True)


@task
def raise_retry() -> None:
    """Tell Celery to send the task again."""
    from celery.exceptions import Retry

    raise Retry("again")


@task(retry=RetryPolicy(on=(ConnectionError,), attempts=3, backoff=timedelta(seconds=0.01)))
def always_fails() -> None:
    """Fail at every attempt."""
    raise ConnectionError(f"attempt {context.attempt()}")


@task(retry=RetryPolicy(on=(ConnectionError,), attempts=3, backoff=timedelta(seconds=0.01)))
def fails_otherwise() -> None:
    """Fail with an error that the policy does not name."""
    raise ValueError(f"attempt {context.attempt()}")


@task(soft_time_limit=SHORT, retry=RetryPolicy(attempts=2, backoff=timedelta(seconds=0.01)))
def slow_at_first() -> str:
    """Run into the soft limit once."""
    if context.attempt() == 1:
        time.sleep(FOR_EVER)
    return "quick"


@task(retry=RetryPolicy(attempts=2, backoff=timedelta(seconds=0.01)))
def exits_at_first() -> str:
    """Try to leave once."""
    if context.attempt() == 1:
        sys.exit(1)
    return "stayed"
