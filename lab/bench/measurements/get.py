"""Measures how many times a second one API process returns a task."""

from functools import partial
from pathlib import Path

from lab.bench.contenders.peers import fronts
from lab.bench.figures import ratio
from lab.bench.load.load import request
from lab.bench.load.serving import COLUMNS, serving
from lab.bench.plan import Plan
from lab.bench.report import Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.bench.stores.fill import finished
from lab.bench.stores.key import new_key
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage

TEMPLATE, CELERIAC = "FastAPI def + AsyncResult", "Celeriac"
KEYED = "Celeriac, with keys and owners"
MOST_TASKS = 1000


def measure(plan: Plan) -> None:
    """Finished tasks, asked for in turn."""
    count = min(plan.tasks, MOST_TASKS)
    with Stage() as stage:
        template = stage.serve("lab.bench.contenders.template:app", database=1)

        def asked(server: Program, requests: list[str]) -> Measure:
            return partial(serving, stage, server, requests, status=200, seconds=plan.seconds)

        of_stock = finished(stage, template, "lab.bench.contenders.stock", database=1, count=count)
        contenders = {
            TEMPLATE: asked(template, _questions(of_stock)),
            CELERIAC: of_celeriac(stage, plan),
            KEYED: _with_key(stage, plan, database=3),
        }
        for peer in fronts(plan.peers):
            contenders[peer.name] = asked(peer.serve(stage), peer.questions(of_stock))
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    title = f"Status: GET /tasks/{{id}}, {count:,} finished tasks, 64 connections"
    show(plan.console, title, COLUMNS, results, reference=TEMPLATE)
    judge(
        plan.console,
        Goal("Celeriac / AsyncResult", ratio(results[CELERIAC], results[TEMPLATE], 0), at_least=4),
        Goal("with keys / without", ratio(results[KEYED], results[CELERIAC], 0), at_least=0.95),
    )


def of_celeriac(stage: Stage, plan: Plan, *, database: int = 0, root: Path = ROOT) -> Measure:
    """API and worker of a checkout."""
    server, count = stage.celeriac(database, root=root), min(plan.tasks, MOST_TASKS)
    task_ids = finished(stage, server, "celeriac_worker.app", database=database, count=count, root=root)
    return partial(serving, stage, server, _questions(task_ids), status=200, seconds=plan.seconds)


def _with_key(stage: Stage, plan: Plan, *, database: int) -> Measure:
    """The same, where each request has a key, and the tasks have its owner."""
    key, count = new_key(stage.url(database)), min(plan.tasks, MOST_TASKS)
    server = stage.celeriac(database)
    task_ids = finished(
        stage, server, "celeriac_worker.app", database=database, count=count, authorization=key
    )
    requests = _questions(task_ids, authorization=key)
    return partial(serving, stage, server, requests, status=200, seconds=plan.seconds)


def _questions(task_ids: list[str], **headers: str) -> list[str]:
    return [request("GET", f"/tasks/{task_id}", **headers) for task_id in task_ids]
