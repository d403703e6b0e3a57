"""Measures requests and the keeper in a small store and a large one."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from redis import Redis

from lab.bench.figures import Figures, ratio
from lab.bench.load.load import Load, additions, apply, request
from lab.bench.measurements import keeping
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.bench.stores import store
from lab.bench.stores.key import new_key
from lab.harness.program import Program
from lab.harness.stage import Stage

FEW = 1_000
COLUMNS = [
    Column("page of the list, p50 ms", ".2f"),
    Column("of one state", ".2f"),
    Column("GET", ".2f"),
    Column("POST", ".2f"),
    Column("keeper, µs a lost message"),
]
# One after the other: what is measured is how long each takes, and not how many go at once.
CONNECTIONS = 1
POLL_SECONDS = 0.1


class Stored(NamedTuple):
    """An API on a store, what the keeper's work costs there, who asks, and some of the tasks that they may read."""

    server: Program
    redis: Redis
    keeper: float
    headers: Mapping[str, str]
    task_ids: Sequence[str]


def measure(plan: Plan) -> None:
    """Two stores on servers of their own take turns. With owners, one of them asks, who has as many tasks as the small store."""
    few, many = _name(FEW, min(plan.owners, 1)), _name(plan.records, plan.owners)
    with ExitStack() as stack:
        contenders = {
            name: partial(_measure, plan, _stored(stack.enter_context(Stage()), count, owners))
            for name, count, owners in ((few, FEW, min(plan.owners, 1)), (many, plan.records, plan.owners))
        }
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    show(
        plan.console,
        "Records: the same requests in a small store and in a large one",
        COLUMNS,
        results,
        reference=few,
    )
    judge(
        plan.console,
        *(
            Goal(f"{column.title}, large store / small store", ratio(results[many], results[few], number), at_most=1.3)
            for number, column in enumerate(COLUMNS[:4])
        ),
    )  # fmt: skip


def _name(count: int, owners: int) -> str:
    match owners:
        case 0:
            return f"{count:,} tasks"
        case 1:
            return f"{count:,} tasks of one owner"
        case _:
            return f"{count:,} tasks of {owners:,} owners"


def _stored(stage: Stage, count: int, owners: int) -> Stored:
    """The API on a store of so many tasks, and what the keeper's work costs there."""
    redis = stage.redis(0)
    store.fill(redis, count, owners=[f"owner-{number}" for number in range(owners)] or [""])
    _wait_for_rewrite(redis)
    cost = keeping.microseconds_a_loss(redis)
    headers = {"authorization": new_key(stage.url(0), owner="owner-0")} if owners else {}
    step = max(count // FEW // max(owners, 1), 1) * max(owners, 1)
    task_ids = [store.task_id(number) for number in range(0, count, step)]
    return Stored(stage.celeriac(0), redis, cost, headers, task_ids)


def _wait_for_rewrite(redis: Redis) -> None:
    """Until Redis does not rewrite its file: while it does, every change copies a page of memory."""
    while redis.info("persistence")["aof_rewrite_in_progress"]:
        time.sleep(POLL_SECONDS)


def _measure(plan: Plan, stored: Stored) -> Figures:
    def p50(requests: list[str], status: int = 200) -> float:
        load = Load(
            port=stored.server.port,
            requests=requests,
            status=status,
            connections=CONNECTIONS,
            seconds=plan.seconds,
        )
        return apply(load).p50 * 1e3

    headers = stored.headers
    _wait_for_rewrite(stored.redis)
    return (
        p50([request("GET", "/tasks?limit=50", **headers)]),
        p50([request("GET", "/tasks?limit=50&state=succeeded", **headers)]),
        p50([request("GET", f"/tasks/{task_id}", **headers) for task_id in stored.task_ids]),
        p50(additions("/add", **headers), status=202),
        stored.keeper,
    )
