"""`run_task` runs async tasks, and gives tasks what they share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Annotated, Any

import pytest

from celeriac import RetryPolicy, Shared, context, task
from celeriac.client.errors import InvalidInput
from celeriac.testing import run_task
from tasks.numbers import add

events: list[str] = []


async def numbers() -> AsyncIterator[list[int]]:
    events.append("open numbers")
    yield [1, 2, 3]
    events.append("close numbers")


def model(size: int = 7) -> Iterator[int]:
    events.append("open model")
    yield size
    events.append("close model")


@task(retry=RetryPolicy(on=(ConnectionError,), attempts=2, backoff=timedelta(minutes=1)))
async def sum_of(x: int, numbers: Annotated[list[int], Shared(numbers)]) -> int:
    if context.attempt() == 1 and x < 0:
        raise ConnectionError("not now")
    context.progress(1, 2)
    context.log("adding")
    await asyncio.sleep(0)
    return x + sum(numbers)


@task
async def days(first: date, count: int) -> AsyncIterator[date]:
    for number in range(count):
        if context.cancelled():
            raise context.Cancelled("enough")
        yield first + timedelta(days=number)


@task
async def words(text: str) -> AsyncIterator[str]:
    for word in text.split():
        yield word


@task
def classify(text: str, model: Annotated[int, Shared(model)]) -> int:
    return len(text) * model


@task(soft_time_limit=timedelta(seconds=0.05))
async def slow(patience: float) -> str:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        if patience:
            return "half of it"
        raise
    return "all of it"


@task
async def parent(count: int) -> list[str]:
    for number in range(count):
        await context.submit(add, x=number, y=1)
    return [(await context.submit("last")).name]


@task
async def leave(error: str) -> AsyncIterator[int]:
    yield 1
    raise {"exit": SystemExit(3), "cancelled": asyncio.CancelledError()}[error]


@pytest.fixture(autouse=True)
def _anew() -> None:
    events.clear()


def test_a_coroutine_gets_what_it_shares_over_all_attempts() -> None:
    outcome = run_task(sum_of, x=-4)
    assert (outcome.state, outcome.result, outcome.attempts) == ("succeeded", 2, 2)
    assert [(wait <= timedelta(minutes=1)) for wait in outcome.waits] == [True]
    assert (outcome.log, outcome.progress) == (["adding"], [(1, 2, None)])
    assert events == ["open numbers", "close numbers"]


def test_a_fake_takes_the_place_of_what_is_shared() -> None:
    assert run_task(sum_of, x=4, numbers=[5]).result == 9
    assert run_task(sum_of, input='{"x": 4}', numbers=[6]).result == 10
    assert run_task(classify, text="abc", model=2).result == 6
    assert events == []


def test_a_plain_task_shares_too() -> None:
    assert run_task(classify, text="abc").result == 21
    assert events == ["open model", "close model"]


def test_what_is_shared_is_no_part_of_the_input() -> None:
    with pytest.raises(InvalidInput, match="/numbers"):
        run_task(sum_of, input={"x": 4, "numbers": [1]})


def test_what_a_generator_yields_is_output_and_together_the_result() -> None:
    outcome = run_task(days, first=date(2026, 5, 30), count=3)
    assert outcome.result == outcome.output == ["2026-05-30", "2026-05-31", "2026-06-01"]
    outcome = run_task(words, text="to be or")
    assert (outcome.result, outcome.output) == ("tobeor", ["to", "be", "or"])


def test_a_generator_stops_when_it_is_asked_to() -> None:
    outcome = run_task(days, first=date(2026, 5, 1), count=9, cancel_after=2)
    assert (outcome.state, len(outcome.output)) == ("cancelled", 2)
    assert outcome.error is not None
    assert outcome.error.message == "enough"


def test_a_soft_time_limit_cancels_the_coroutine() -> None:
    outcome = run_task(slow, patience=0.0)
    assert outcome.error is not None
    assert (outcome.state, outcome.error.type) == ("failed", "SoftTimeLimitExceeded")
    assert run_task(slow, patience=1.0).result == "half of it"


def test_submissions_are_recorded() -> None:
    outcome = run_task(parent, count=2)
    assert [(each.name, each.input) for each in outcome.submissions] == [
        ("add", {"x": 0, "y": 1}),
        ("add", {"x": 1, "y": 1}),
        ("last", {}),
    ]


@pytest.mark.parametrize("error", ["exit", "cancelled"])
def test_an_error_that_would_end_a_process_fails_the_task(error: str) -> None:
    outcome = run_task(leave, error=error)
    assert outcome.error is not None
    assert (outcome.state, outcome.error.type, outcome.output) == ("failed", "Exited", [1])


def test_an_outcome_of_the_test_is_handed_on() -> None:
    class Fake(list[int]):
        def __iter__(self) -> Iterator[int]:
            pytest.fail("called")

    with pytest.raises(pytest.fail.Exception, match="called"):
        run_task(sum_of, x=4, numbers=Fake())


def test_in_an_event_loop_it_says_where_to_call_it() -> None:
    async def call(run: Callable[..., Any]) -> None:
        with suppress(asyncio.CancelledError):
            run(words, text="a")

    with pytest.raises(RuntimeError, match="call it in a `def`"):
        asyncio.run(call(run_task))
