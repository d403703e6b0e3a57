"""Measures requests and the keeper in a small store and a large one."""

import time
from contextlib import ExitStack
from functools import partial

from lab.bench.figures import Figures, ratio
from lab.bench.load.load import Load, additions, apply, request
from lab.bench.measurements import keeping
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.bench.stores import store
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


def measure(plan: Plan) -> None:
    """Two stores on servers of their own take turns."""
    few, many = f"{FEW:,} tasks", f"{plan.records:,} tasks"
    with ExitStack() as stack:
        contenders = {
            name: partial(_measure, plan, *_stored(stack.enter_context(Stage()), count), count)
            for name, count in ((few, FEW), (many, plan.records))
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


def _stored(stage: Stage, count: int) -> tuple[Program, float]:
    """The API on a store of so many tasks, and what the keeper's work costs there."""
    redis = stage.redis(0)
    store.fill(redis, count)
    while redis.info("persistence")["aof_rewrite_in_progress"]:
        time.sleep(POLL_SECONDS)
    cost = keeping.microseconds_a_loss(redis)
    return stage.celeriac(0), cost


def _measure(plan: Plan, server: Program, keeper: float, count: int) -> Figures:
    some = [request("GET", f"/tasks/{store.task_id(number)}") for number in range(0, count, count // FEW)]

    def p50(requests: list[str], status: int = 200) -> float:
        load = Load(
            port=server.port, requests=requests, status=status, connections=CONNECTIONS, seconds=plan.seconds
        )
        return apply(load).p50 * 1e3

    return (
        p50([request("GET", "/tasks?limit=50")]),
        p50([request("GET", "/tasks?limit=50&state=succeeded")]),
        p50(some),
        p50(additions("/add"), status=202),
        keeper,
    )
