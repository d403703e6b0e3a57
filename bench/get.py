"""Asking: how many times a second one API process says what became of a task."""

from functools import partial

from bench.figures import ratio
from bench.fill import finished
from bench.load import request
from bench.plan import Plan
from bench.report import Goal, judge, show
from bench.rounds import take_turns
from bench.serving import COLUMNS, serving
from bench.stage import Program, Stage

TEMPLATE, CELERIAC = "FastAPI def + AsyncResult", "Celeriac"
MOST_TASKS = 1000


def measure(plan: Plan) -> None:
    """Finished tasks, asked for in turn."""
    count = min(plan.tasks, MOST_TASKS)
    with Stage() as stage:
        template, celeriac = stage.serve("bench.template:app", database=1), stage.celeriac(0)

        def asked(server: Program, task_ids: list[str]) -> partial[tuple[float, ...]]:
            requests = [request("GET", f"/tasks/{task_id}") for task_id in task_ids]
            return partial(serving, stage, server, requests, status=200, seconds=plan.seconds)

        contenders = {
            TEMPLATE: asked(template, finished(stage, template, "bench.stock", database=1, count=count)),
            CELERIAC: asked(celeriac, finished(stage, celeriac, "worker.app", database=0, count=count)),
        }
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    title = f"Status: GET /tasks/{{id}}, {count:,} finished tasks, 64 connections"
    show(plan.console, title, COLUMNS, results, reference=TEMPLATE)
    judge(
        plan.console,
        Goal("Celeriac / AsyncResult", ratio(results[CELERIAC], results[TEMPLATE], 0), at_least=4),
    )
