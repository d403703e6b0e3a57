"""Tasks that fail, to show how the API reports it."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from celeriac import RetryPolicy, context, task


@task(
    retry=RetryPolicy(on=(ConnectionError,), attempts=5, backoff=timedelta(seconds=0.2)),
    examples=[{"failures": 2}],
)
def flaky(failures: Annotated[int, Field(ge=0, le=10)] = 2) -> str:
    """Fail the given number of times, then succeed; more than 4 failures use up all attempts."""
    attempt = context.attempt()
    if attempt <= failures:
        raise ConnectionError(f"attempt {attempt} failed as asked")
    return f"succeeded on attempt {attempt}"


@task(examples=[{"message": "no such invoice"}])
def fail(message: str) -> None:
    """Fail with the given message at the first attempt, without a retry."""
    raise RuntimeError(message)
