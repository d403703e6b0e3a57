"""Tasks that submit others."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from celeriac import RetryPolicy, context, task
from celeriac.client.errors import CeleriacError
from tests.tasks.pace import append, hold


@task
def count_each(texts: list[str]) -> list[str]:
    """Start a task for each text, and return their ids."""
    return [context.submit("word_count", text=text).id for text in texts]


@task(retry=RetryPolicy(on=(RuntimeError,), attempts=3, backoff=timedelta(0)))
def submit_each(
    submissions: list[dict[str, Any]], fails: int = 0, file: Path | None = None, until: Path | None = None
) -> list[str]:
    """Submit these (name, key, input and options of each), and return their ids, or what went wrong.

    Then write a line into the file, wait for the other one, and fail in the first attempts.
    """
    outcomes = [_outcome(**submission) for submission in submissions]
    if file is not None:
        append(file, "submitted")
    if until is not None:
        hold(until)
    if context.attempt() <= fails:
        raise RuntimeError("not yet")
    return outcomes


@task
def sum_up(numbers: list[int]) -> str:
    """Submit sums of two, each with the result of the one before, and return the id of the last."""
    last = context.submit("add", x=0, y=0)
    for number in numbers:
        last = context.submit("add", x=last.reference(), y=number)
    return last.id


def _outcome(name: str, **options: Any) -> str:
    try:
        return context.submit(name, **options).id
    except CeleriacError as error:
        return f"{type(error).__name__}: {error}"
