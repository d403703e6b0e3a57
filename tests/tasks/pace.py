"""Tasks that wait to be told, so that a test can look at them meanwhile."""

import time
from datetime import timedelta
from pathlib import Path

from celeriac import Concurrency, RetryPolicy, context, task

POLL_SECONDS = 0.02


@task
def hold(until: Path) -> str:
    """Run until this file exists."""
    while not until.exists():
        time.sleep(POLL_SECONDS)
    return "let go"


@task(soft_time_limit=timedelta(seconds=1))
def hold_for_a_second(until: Path) -> str:
    """The same, but not for longer than a second."""
    return hold(until)


@task
def leave_trace(file: Path, until: Path) -> None:
    """Write down when this run has begun; then run until the other file exists."""
    append(file, str(time.time()))
    hold(until)


@task
def take_a_moment(seconds: float = POLL_SECONDS) -> None:
    """Run for some time."""
    time.sleep(seconds)


@task(priority="low", fair="/tenant")
def errand(tenant: str, seconds: float = POLL_SECONDS) -> str:
    """The same, for a tenant, after all others, and by turns."""
    take_a_moment(seconds)
    return tenant


@task(queue="unserved")
def hold_elsewhere(until: Path) -> str:
    """The same as `hold`, in a queue that the tests' worker does not listen to."""
    return hold(until)


@task(queue="unserved")
def unserved(x: int = 0) -> int:
    """Wait in a queue that the tests' worker does not listen to."""
    return x


@task(retry=RetryPolicy(backoff=timedelta(hours=1), max_backoff=timedelta(hours=1)))
def retry_in_an_hour() -> None:
    """Fail, and be put off for long."""
    raise ConnectionError("nobody home")


@task(retry=RetryPolicy(on=(RuntimeError,), attempts=2, backoff=timedelta(0)))
def due_at_once(until: Path) -> str:
    """Fail once; then run until this file exists."""
    if context.attempt() == 1:
        raise RuntimeError("the first attempt")
    return hold(until)


@task
def append(file: Path, line: str) -> None:
    """Leave a trace of having run."""
    with file.open("a") as trace:
        trace.write(line + "\n")


@task
def delete_result(task_id: str) -> None:
    """Delete Celery's result of another task, as any Celery program may: `AsyncResult.forget`."""
    from celery import current_app

    current_app.AsyncResult(task_id).forget()


@task
def stop_when_asked(started: Path, until: Path | None = None) -> None:
    """Say that it runs; then run until somebody cancels it and, if given, this file is there."""
    started.touch()
    while not context.cancelled() or (until is not None and not until.exists()):
        time.sleep(POLL_SECONDS)
    raise context.Cancelled("asked to")


@task
def stop_unasked() -> None:
    """Stop as if somebody had asked."""
    raise context.Cancelled("nobody asked")


@task
def finish_although_asked(started: Path) -> str:
    """Say that it runs; run until somebody cancels it, and then do what there was to do."""
    started.touch()
    while not context.cancelled():
        time.sleep(POLL_SECONDS)
    return "done all the same"


@task(retry=RetryPolicy(backoff=timedelta(0)))
def fail_when_asked(started: Path) -> None:
    """Say that it runs; run until somebody cancels it, and then fail, so that another attempt is due."""
    finish_although_asked(started)
    raise ConnectionError("interrupted")


@task
def go_on_until_cancelled(trace: Path) -> None:
    """Say how far it has come, and leave a trace of each round, until somebody cancels it."""
    rounds = 0
    while not context.cancelled():
        rounds += 1
        context.progress(rounds)
        with trace.open("a") as file:
            file.write(".")
        time.sleep(POLL_SECONDS)
    raise context.Cancelled("asked to")


@task
def leave_trace_and_tell(file: Path, until: Path) -> str:
    """The same, with a line of the log before and after, and a trace at the end, too."""
    append(file, "begins")
    context.log("before")
    hold(until)
    context.log("after")
    append(file, "ends")
    return "done"


@task(queue="unserved", concurrency=Concurrency(key="/tenant", limit=1))
def one_of_a_tenant(tenant: str = "") -> str:
    """Wait in a queue that the tests' worker does not listen to, one of each tenant."""
    return tenant


@task
def rest(seconds: float) -> None:
    """Take as long as this."""
    time.sleep(seconds)
