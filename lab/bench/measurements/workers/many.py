"""Measures chains, groups and chords beside those of Celery's canvas."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lab.bench.contenders.many.shapes import CHAIN, CHORD, GROUP
from lab.bench.cpu import children, cpu_seconds
from lab.bench.figures import Figures, ratio
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Results, take_turns
from lab.bench.stores import fill
from lab.harness.program import Program
from lab.harness.servers import NO_LOOP
from lab.harness.stage import Stage

COLUMNS = [
    Column("submitted, ms"),
    Column("all ended, ms"),
    Column("API CPU µs/task"),
    Column("Redis CPU µs/task"),
    Column("workers CPU µs/task"),
]
ENDED = 1
CANVAS = "Celery's canvas"
DEPENDENCIES, BATCH = "Celeriac, one by one", "Celeriac, one batch"
TASKS = "tasks,lab.bench.contenders.many.tasks"
CONCURRENCY = ("-c", "4")
# Chains and groups are no larger than this; a chord is as large as the plan says.
MOST = 1000
# What is to be reached, by shape, of a chain and a chord of these sizes and of groups: at most so many times Celery's time.
LONG, LARGE = 1000, 10_000
FAR, NEAR = 0.35, 0.7


@dataclass(frozen=True)
class Shape:
    """What is submitted: its kind, and of how many tasks."""

    kind: str
    size: int

    def __str__(self) -> str:
        return f"{self.kind} of {self.size:,}"

    @property
    def at_most(self) -> float:
        """How many times Celery's time it may take."""
        is_long = self.size >= {CHAIN: LONG, CHORD: LARGE}.get(self.kind, math.inf)
        return FAR if is_long else NEAR


WARM_UP = Shape(GROUP, 20)


@dataclass(frozen=True)
class Contender:
    """A running worker and what submits to it: a program, and the API that it uses, if any."""

    database: int
    module: str
    worker: Program
    api: Program | None = None


def measure(plan: Plan) -> None:
    """Workers and API run all the time, and the contenders take turns with each shape."""
    with Stage(CELERIAC_TASKS=TASKS) as stage:
        contenders = _contenders(stage)
        _take_turns(stage, plan, contenders, WARM_UP, rounds=1)
        for shape in shapes(plan.many):
            results = _take_turns(stage, plan, contenders, shape, rounds=plan.rounds)
            show(plan.console, f"Many: a {shape}", COLUMNS, results, reference=CANVAS)
            goals = (
                Goal(
                    f"{shape}: {name} / {CANVAS}",
                    ratio(rounds, results[CANVAS], ENDED),
                    at_most=shape.at_most,
                )
                for name, rounds in results.items()
                if name != CANVAS
            )
            judge(plan.console, *goals)


def _take_turns(
    stage: Stage, plan: Plan, contenders: Mapping[str, Contender], shape: Shape, *, rounds: int
) -> Results:
    turns = {name: partial(_run, stage, each, shape) for name, each in contenders.items()}
    return take_turns(plan.console, turns, rounds=rounds)


def shapes(many: int) -> Sequence[Shape]:
    """Up to this size."""
    size = min(many, MOST)
    usual = [Shape(CHAIN, max(size // 10, 2)), *(Shape(kind, size) for kind in (CHAIN, GROUP, CHORD))]
    return usual if many <= MOST else [*usual, Shape(CHORD, many)]


def _contenders(stage: Stage) -> dict[str, Contender]:
    api = stage.celeriac(0)
    worker = stage.work("celeriac_worker.app", *CONCURRENCY, *NO_LOOP, database=0)
    ours = {DEPENDENCIES: "lab.bench.contenders.many.dependencies", BATCH: "lab.bench.contenders.many.batch"}
    return {
        CANVAS: Contender(
            database=1,
            module="lab.bench.contenders.many.canvas",
            worker=stage.work("lab.bench.contenders.many.canvas:app", *CONCURRENCY, database=1),
        ),
        **{
            name: Contender(database=0, module=module, worker=worker, api=api)
            for name, module in ours.items()
        },
    }


def _run(stage: Stage, contender: Contender, shape: Shape) -> Figures:
    before = _cpu(stage, contender)
    arguments = [contender.module, shape.kind, str(shape.size)]
    port = [str(contender.api.port)] if contender.api else []
    program = stage.start([*arguments, *port], database=contender.database)
    program.wait_for_success()
    submitted, ended = json.loads(program.log.splitlines()[-1])
    used = [
        (after - earlier) / shape.size * 1e6
        for earlier, after in zip(before, _cpu(stage, contender), strict=True)
    ]
    fill.empty(stage.redis(contender.database))
    return submitted * 1e3, ended * 1e3, *used


def _cpu(stage: Stage, contender: Contender) -> tuple[float, float, float]:
    worker = contender.worker.pid
    return (
        cpu_seconds(contender.api.pid) if contender.api else 0.0,
        cpu_seconds(stage.valkey.pid),
        cpu_seconds(worker) + sum(cpu_seconds(child) for child in children(worker)),
    )
