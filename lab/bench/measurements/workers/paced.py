"""Async tasks at a steady rate, and the memory of those that wait."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from math import nan
from pathlib import Path

from lab.bench.contenders.loops.contenders import CELERIAC, PREFORK, Contender
from lab.bench.contenders.loops.peers import TASKIQ_NAME
from lab.bench.cpu import cpu_seconds, proportional_bytes, tree
from lab.bench.figures import Figures, middle, percentile, ratio
from lab.bench.measurements.workers.notes import count_notes, take_notes
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("picked up, p50 ms", ".2f"),
    Column("p99 ms", ".2f"),
    Column("over HTTP, p50 ms", ".2f"),
    Column("p99 ms", ".2f"),
    Column("worker CPU µs/task"),
    Column("MiB at rest"),
    Column("of it the loop", ".1f"),
    Column("KiB a waiting task", ".1f"),
]
P50, LOOP, WAITING = 0, 6, 7
TASKS_PER_SECOND = 200
WARM_UP = 20
# In which as many tasks as the plan says are submitted and taken.
HOLD_SECONDS = 3.0
POLL_SECONDS = 0.05
LOOP_PROGRAM = "celeriac_worker.loop"


def measure(stage: Stage, plan: Plan, contenders: Mapping[str, Contender], figures: Path) -> None:
    """The worker runs before the first task is submitted."""
    turns = {
        name: partial(_run, stage, plan, each, figures)
        for name, each in contenders.items()
        if name != PREFORK
    }
    results = take_turns(plan.console, turns, rounds=max(plan.rounds // 2, 1))
    title = f"Loops: {TASKS_PER_SECOND} tasks a second; {plan.concurrency:,} tasks that wait"
    show(plan.console, title, COLUMNS, results, reference=CELERIAC)
    ours = results[CELERIAC]
    goals = [
        Goal("MiB of a loop at rest", middle(ours, LOOP), at_most=60),
        Goal("KiB a waiting task", middle(ours, WAITING), at_most=8),
    ]
    if TASKIQ_NAME in results:
        times = ratio(ours, results[TASKIQ_NAME], P50)
        goals.append(Goal(f"p50 of picking up, Celeriac / {TASKIQ_NAME}", times, at_most=1.5))
    judge(plan.console, *goals)


def _run(stage: Stage, plan: Plan, contender: Contender, figures: Path) -> Figures:
    client = stage.redis(contender.database)
    take_notes(figures)
    worker = contender.start()
    contender.fill("pick_up", WARM_UP, {"submitted": time.time()})
    worker.wait_until(lambda: contender.left(client, WARM_UP) <= 0)
    count = max(round(TASKS_PER_SECOND * plan.seconds), 10)

    def paced(pace: Callable[[float, int], Program], total: int) -> tuple[float, float]:
        take_notes(figures)
        pace(TASKS_PER_SECOND, count).wait_for_success()
        worker.wait_until(lambda: contender.left(client, total) <= 0)
        late = take_notes(figures)
        return percentile(late, 50), percentile(late, 99)

    cpu = _cpu(worker)
    late = paced(contender.pace, WARM_UP + count)
    cpu = _cpu(worker) - cpu
    over_http = (
        paced(contender.pace_over_http, WARM_UP + 2 * count) if contender.pace_over_http else (nan, nan)
    )
    rest, loop, waiting = _memory(plan, contender, worker, figures)
    worker.stop()
    contender.empty(client)
    return (*late, *over_http, cpu / count * 1e6, rest / 2**20, loop / 2**20 or nan, waiting / 1024)


def _memory(plan: Plan, contender: Contender, worker: Program, figures: Path) -> tuple[int, int, float]:
    """At rest, in all processes and in the loop's; and for each task that waits."""
    rest, loop = _bytes(worker), _loop_bytes(worker)
    end = time.time() + HOLD_SECONDS
    contender.fill("hold", plan.concurrency, {"until": end})
    while (count := count_notes(figures)) < plan.concurrency and time.time() < end:
        time.sleep(POLL_SECONDS)
    return rest, loop, (_bytes(worker) - rest) / (count or nan)


def _cpu(worker: Program) -> float:
    return sum(cpu_seconds(pid) for pid in tree(worker.pid))


def _bytes(worker: Program) -> int:
    return sum(proportional_bytes(pid) for pid in tree(worker.pid))


def _loop_bytes(worker: Program) -> int:
    """Of the process that runs the async tasks, where that is one of several."""
    loops = [process.pid for process in descendants(worker.pid) if LOOP_PROGRAM in process.command]
    return sum(proportional_bytes(pid) for pid in loops)
