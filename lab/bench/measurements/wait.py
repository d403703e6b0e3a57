"""Measures the time from a submission to its result on an idle system."""

import json
from functools import partial
from pathlib import Path

from lab.bench.figures import Figures, ratio
from lab.bench.load.load import Load, additions, apply
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [Column("p50 ms", ".2f"), Column("p99 ms", ".2f"), Column("server CPU µs")]
IN_PROCESS, TEMPLATE = "delay().get() in process, stock worker", "FastAPI def + delay().get(), stock worker"
CELERIAC, CELERIAC_STOCK = "Celeriac, Prefer: wait", "Celeriac, Prefer: wait, stock worker"


def measure(plan: Plan) -> None:
    """Each contender has a worker with two processes; over HTTP, one keep-alive connection."""
    with Stage() as stage:
        stage.work("lab.bench.contenders.stock", database=1)
        celeriac = of_celeriac(stage, plan)
        stage.work("lab.bench.contenders.stock", "-Q", "default", database=2)
        template = stage.serve("lab.bench.contenders.template:app", database=1)
        contenders: dict[str, Measure] = {
            IN_PROCESS: partial(_in_process, stage, plan.seconds),
            TEMPLATE: partial(_over_http, template, "/add/wait", plan.seconds),
            CELERIAC: celeriac,
            CELERIAC_STOCK: partial(_over_http, stage.celeriac(2), "/add", plan.seconds),
        }
        take_turns(plan.console, contenders, rounds=1)  # until the workers are up
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    show(plan.console, "Wait: from POST to the result, one client", COLUMNS, results, reference=IN_PROCESS)
    goal = Goal(
        "Celeriac / delay().get() in process", ratio(results[CELERIAC], results[IN_PROCESS], 0), at_most=1.3
    )
    judge(plan.console, goal)


def of_celeriac(stage: Stage, plan: Plan, *, database: int = 0, root: Path = ROOT) -> Measure:
    """API and worker of a checkout."""
    stage.work("celeriac_worker.app", database=database, root=root)
    return partial(_over_http, stage.celeriac(database, root=root), "/add", plan.seconds)


def _over_http(server: Program, path: str, seconds: float) -> Figures:
    requests = additions(path, prefer="wait=10")
    watched = {"server": server.pid}
    load = Load(
        port=server.port, requests=requests, status=200, connections=1, seconds=seconds, watched=watched
    )
    report = apply(load)
    return report.p50 * 1e3, report.p99 * 1e3, report.cpu_per_answer("server") * 1e6


def _in_process(stage: Stage, seconds: float) -> Figures:
    program = stage.start(["lab.bench.contenders.in_process", str(seconds)], database=1)
    program.wait_for_success()
    p50, p99 = json.loads(program.log.splitlines()[-1])
    return p50 * 1e3, p99 * 1e3, 0
