"""Timers for the limits of runs, in an event loop that does not turn."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.runs.limits import Limits
from celeriac_worker.loop.runs.run import Run


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One that is closed in the end."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def a_run(*, soft: float, hard: float) -> Run:
    """A run with these limits, in seconds."""
    return Run(
        Delivery("id", "name", "async", b"", "token", 0, b"{}", (), False, hard, soft, None),  # noqa: FBT003 - its fields are in order
        None,
    )


def test_no_timer_keeps_a_run_until_a_limit_that_is_far_away(loop: asyncio.AbstractEventLoop) -> None:
    limits, run = Limits(loop, lambda _: None), a_run(soft=0.5, hard=3600.0)
    run.begun_at = loop.time()
    before = sys.getrefcount(run)
    limits.begin(run)
    assert sys.getrefcount(run) == before + 1
    limits.look([run])
    assert sys.getrefcount(run) == before + 1


def test_each_limit_that_is_near_has_one_timer(loop: asyncio.AbstractEventLoop) -> None:
    limits, run = Limits(loop, lambda _: None), a_run(soft=1.5, hard=1.7)
    run.begun_at = loop.time()
    before = sys.getrefcount(run)
    limits.begin(run)
    assert sys.getrefcount(run) == before
    run.soft_at = run.hard_at = loop.time() + 0.5
    for _ in range(2):
        limits.look([run])
    assert sys.getrefcount(run) == before + 2
