"""Ours passes each trial, and stock Celery fails it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from redis import Redis

from lab.harness.waiting import wait_until
from tests.lab.trials import disasters
from tests.lab.trials.place import QUEUE, Place, apart, together
from tests.lab.trials.pools import Pool, ours, stock
from tests.support.marks import linux_only
from tests.worker.test_rejected import REJECTED

pytestmark = linux_only


class Trial(NamedTuple):
    """What is done to a pool, where, and how many harms stock Celery comes to."""

    carry_out: Callable[[Pool], list[str]]
    place: Callable[[Path], AbstractContextManager[Place]] = together
    harmed: int = 1


SHORT = {
    "killed while it runs a task": Trial(disasters.killed_while_it_runs_a_task),
    "stopped inside BRPOP and killed": Trial(disasters.stopped_inside_brpop_and_killed),
    "connections reset right after the push": Trial(disasters.connections_reset_right_after_the_push),
    "a reply lost after the write": Trial(disasters.reply_lost_after_the_write),
    "a task out of memory": Trial(disasters.task_out_of_memory),
}
LONG = {
    "stopped inside BRPOP and killed, 20 times": Trial(
        partial(disasters.stopped_inside_brpop_and_killed, times=20), harmed=20
    ),
    "connections reset right after the push, 20 times": Trial(
        partial(disasters.connections_reset_right_after_the_push, times=20), harmed=20
    ),
    "half-open connections": Trial(disasters.half_open_connections),
    "a result store away for 8 s": Trial(partial(disasters.result_store_away, seconds=8), apart),
    "a result store away for 40 s": Trial(partial(disasters.result_store_away, seconds=40), apart),
}
LONG_MARKS = [pytest.mark.trial, pytest.mark.timeout(600)]
TRIALS = [*SHORT, *(pytest.param(name, marks=LONG_MARKS) for name in LONG)]
# What ends a stock worker, of what tests/worker/test_rejected.py gives to ours.
DEADLY = [
    "no JSON",
    "arguments nested 600 deep",
    *(
        pytest.param(kind, marks=LONG_MARKS)
        for kind in (
            "nothing",
            "a number",
            "a list",
            "a string",
            "null",
            "a body that is no base64",
            "a body that is an empty list",
            "no content type",
            "a task that is a list",
            "an id that is a list",
            "one time limit",
        )
    ),
]


@pytest.mark.parametrize("name", TRIALS)
def test_ours_comes_to_no_harm(name: str, tmp_path: Path) -> None:
    trial = (SHORT | LONG)[name]
    with trial.place(tmp_path) as place, ours(place) as pool:
        assert trial.carry_out(pool) == []


@pytest.mark.trial
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [*SHORT, *LONG])
def test_ours_comes_to_no_harm_with_async_tasks(name: str, tmp_path: Path) -> None:
    trial = (SHORT | LONG)[name]
    with trial.place(tmp_path) as place, ours(place, in_loops=True) as pool:
        assert trial.carry_out(pool) == []


@pytest.mark.parametrize("name", TRIALS)
def test_stock_celery_comes_to_harm(name: str, tmp_path: Path) -> None:
    trial = (SHORT | LONG)[name]
    with trial.place(tmp_path) as place, stock(place) as pool:
        harm = trial.carry_out(pool)
    print(f"{len(harm)} harmed")  # noqa: T201 - pytest -s reports it
    assert len(harm) == trial.harmed


@pytest.mark.parametrize(
    ("times", "in_loops"),
    [(2, False), *(pytest.param(30, in_loops, marks=LONG_MARKS) for in_loops in (False, True))],
)
def test_ours_loses_nothing_while_redis_restarts_every_four_seconds(
    times: int, tmp_path: Path, *, in_loops: bool
) -> None:
    """Stock Celery loses few tasks by it, and not each time: what it loses then is a reset that comes right after a push."""
    with together(tmp_path) as place, ours(place, in_loops=in_loops) as pool:
        assert disasters.restarts_of_redis(pool, times=times) == []


@pytest.mark.parametrize("kind", DEADLY)
def test_what_ours_rejects_ends_a_stock_worker(kind: str, tmp_path: Path) -> None:
    with together(tmp_path) as place, stock(place) as pool, pool.worker() as worker:
        with Redis.from_url(place.broker.url) as redis:
            redis.lpush(QUEUE, REJECTED[kind])
        wait_until(lambda: worker.ending() is not None, what="the end of a stock worker")
