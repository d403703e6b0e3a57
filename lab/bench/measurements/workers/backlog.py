"""Async tasks that wait in the queue when the worker starts: additions first, then sleepers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import nan
from pathlib import Path

from lab.bench.contenders.loops.contenders import CELERIAC, PREFORK, Contender
from lab.bench.contenders.loops.peers import GEVENT_NAME
from lab.bench.cpu import cpu_seconds, proportional_bytes, tree
from lab.bench.figures import Figures, middle, percentile, ratio
from lab.bench.measurements.workers.notes import take_notes
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Results, take_turns
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("tasks/s"),
    Column("worker CPU µs/task"),
    Column("Redis CPU µs/task"),
    Column("CPU µs/task"),
    Column("sleepers/s"),
    Column("awake, p50 ms"),
    Column("p99 ms"),
    Column("CPU µs/sleeper"),
    Column("PSS MiB"),
]
RATE, CPU, SLEEPERS, P99 = 0, 3, 4, 6
POLL_SECONDS = 0.01
# Of the tasks of a kind: what is left when their measurement begins, and at most when it ends.
FIRST, LAST = 0.9, 0.5


@dataclass(frozen=True)
class Moment:
    """A look at a running worker. Times and CPU times in seconds."""

    time: float
    left: int
    worker: float
    redis: float


def measure(stage: Stage, plan: Plan, contenders: Mapping[str, Contender], figures: Path) -> None:
    """The steady state of each counts: neither its start nor its last tasks, which are fewer than it can run at once."""
    turns = {name: partial(_run, stage, plan, each, figures) for name, each in contenders.items()}
    results = take_turns(plan.console, turns, rounds=max(plan.rounds // 2, 1))
    title = f"Loops: additions, and tasks that sleep 0.1 s, {plan.concurrency:,} at once in one process"
    show(plan.console, title, COLUMNS, results, reference=CELERIAC)
    judge(plan.console, *_goals(results))


def _goals(results: Results) -> list[Goal]:
    ours = results[CELERIAC]
    goals = [
        Goal(f"Celeriac / {PREFORK}", ratio(ours, results[PREFORK], RATE), at_least=2.5),
        Goal("sleepers, p99 ms", middle(ours, P99), at_most=200),
    ]
    if GEVENT_NAME in results:
        times = ratio(ours, results[GEVENT_NAME], SLEEPERS)
        goals.append(Goal(f"sleepers, Celeriac / {GEVENT_NAME}", times, at_least=20))
    others = {
        name: rounds for name, rounds in results.items() if name not in (CELERIAC, PREFORK, GEVENT_NAME)
    }
    for text, column, least in (("tasks/s", RATE, 3.0), ("sleepers/s", SLEEPERS, 3.0)):
        if others:
            best = max(others, key=lambda name: middle(others[name], column))
            goals.append(
                Goal(f"{text}, Celeriac / {best}", ratio(ours, others[best], column), at_least=least)
            )
    if others:
        best = min(others, key=lambda name: middle(others[name], CPU))
        goals.append(Goal(f"CPU of a task, Celeriac / {best}", ratio(ours, others[best], CPU), at_most=0.4))
    return goals


def _run(stage: Stage, plan: Plan, contender: Contender, figures: Path) -> Figures:
    client = stage.redis(contender.database)
    count = max(round(plan.tasks * contender.share), 10)
    sleepers = count if contender.is_loop else 0
    contender.fill(contender.add, count, {"x": 4, "y": 5})
    if sleepers:
        contender.fill("nap", sleepers, {})
    total = count + sleepers
    take_notes(figures)
    worker = contender.start()
    look, end = (
        partial(_look, stage, worker, lambda: contender.left(client, total)),
        min(plan.concurrency, count * LAST),
    )
    first, last = _moment(look, sleepers + count * FIRST), _moment(look, sleepers + end)
    rate, *cpu = _between(first, last)
    sleeping = (nan, nan, nan, nan)
    if sleepers:
        first, last = _moment(look, sleepers * FIRST), _moment(look, end)
        sleepers_rate, _, _, sleepers_cpu = _between(first, last)
        memory = sum(proportional_bytes(pid) for pid in tree(worker.pid))
        _moment(look, 0)
        awake = take_notes(figures)
        sleeping = (sleepers_rate, percentile(awake, 50), percentile(awake, 99), sleepers_cpu)
    else:
        memory = sum(proportional_bytes(pid) for pid in tree(worker.pid))
        _moment(look, 0)
    worker.stop()
    contender.empty(client)
    return (rate, *cpu, *sleeping, memory / 2**20)


def _moment(look: Callable[[], Moment], left: float) -> Moment:
    """The first moment in which no more than this many tasks are left."""
    while (moment := look()).left > left:
        time.sleep(POLL_SECONDS)
    return moment


def _look(stage: Stage, worker: Program, left: Callable[[], int]) -> Moment:
    if worker.ending() is not None:
        raise RuntimeError(f"The worker has ended:\n{worker.log}")
    return Moment(
        time=time.perf_counter(),
        left=left(),
        worker=sum(cpu_seconds(pid) for pid in tree(worker.pid)),
        redis=cpu_seconds(stage.valkey.pid),
    )


def _between(first: Moment, last: Moment) -> tuple[float, float, float, float]:
    tasks = (first.left - last.left) or nan
    worker, redis = (last.worker - first.worker) / tasks * 1e6, (last.redis - first.redis) / tasks * 1e6
    return tasks / (last.time - first.time), worker, redis, worker + redis
