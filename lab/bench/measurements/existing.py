"""Measures what `celeriac.install(app)` costs a Celery app that is there already."""

import json
from functools import partial

from lab.bench.cpu import cpu_seconds
from lab.bench.figures import Figures, ratio
from lab.bench.measurements.workers.pool import COLUMNS as OF_WORKERS
from lab.bench.measurements.workers.pool import CONCURRENCY, PROCESSES, Contender, work
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.bench.stores import fill
from lab.harness.stage import Stage

STOCK, PLUGGED = "stock", "plugged"
NAMES = {STOCK: "Celery alone", PLUGGED: "with celeriac.install(app)"}
COLUMNS = [Column("µs/publish"), Column("CPU µs/publish"), Column("Redis CPU µs/publish")]
APPS = "lab.bench.contenders.existing"
RATE = 0


def measure(plan: Plan) -> None:
    """The same app publishes additions and runs them, with the line and without."""
    with Stage() as stage:
        publishes = take_turns(
            plan.console,
            {text: partial(_publish, stage, name, plan.tasks) for name, text in NAMES.items()},
            rounds=plan.rounds,
        )
        runs = take_turns(
            plan.console,
            {
                text: partial(work, stage, _contender(stage, name, plan.tasks), plan.tasks)
                for name, text in NAMES.items()
            },
            rounds=plan.rounds,
        )
    title = f"Existing app: {plan.tasks:,} publishes, one after another"
    show(plan.console, title, COLUMNS, publishes, reference=NAMES[STOCK])
    stock, plugged = publishes[NAMES[STOCK]], publishes[NAMES[PLUGGED]]
    judge(plan.console, Goal("a publish / of Celery alone", ratio(plugged, stock, 0), at_most=1.25))
    title = (
        f"Existing app: {plan.tasks:,} queued additions, prefork, -c {PROCESSES}, acks_late, track_started"
    )
    show(plan.console, title, OF_WORKERS, runs, reference=NAMES[STOCK])
    rate = ratio(runs[NAMES[PLUGGED]], runs[NAMES[STOCK]], RATE)
    judge(plan.console, Goal("tasks/s / Celery alone", rate, at_least=0.8))


def _contender(stage: Stage, name: str, tasks: int) -> Contender:
    return Contender(
        database=_database(name),
        fill=partial(_published, stage, name, tasks),
        start=partial(stage.work, f"{APPS}:{name}", *CONCURRENCY, database=_database(name)),
        queue="celery",
        ended=lambda client: len(fill.succeeded(client)),
    )


def _publish(stage: Stage, name: str, count: int) -> Figures:
    idle = cpu_seconds(stage.valkey.pid)
    seconds, cpu = _published(stage, name, count)
    redis = (cpu_seconds(stage.valkey.pid) - idle) / count
    fill.empty(stage.redis(_database(name)))
    return seconds * 1e6, cpu * 1e6, redis * 1e6


def _published(stage: Stage, name: str, count: int) -> tuple[float, float]:
    program = stage.start([APPS, name, str(count)], database=_database(name))
    program.wait_for_success()
    seconds, cpu = json.loads(program.log.splitlines()[-1])
    return seconds, cpu


def _database(name: str) -> int:
    return list(NAMES).index(name)
