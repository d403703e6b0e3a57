"""Submitting: how many tasks a second one API process accepts, how fast it answers, and what that costs."""

from collections.abc import Callable
from functools import partial

from bench.figures import Figures, ratio
from bench.load import additions
from bench.plan import Plan
from bench.report import Goal, judge, show
from bench.rounds import Measure, take_turns
from bench.serving import COLUMNS, serving
from bench.stage import Program, Stage

DELAY, ASYNC_DELAY = "FastAPI def + delay()", "FastAPI async def + delay()"
FLOOR, CELERIAC = "FastAPI without Redis (the floor)", "Celeriac"


def measure(plan: Plan) -> None:
    """No worker runs; what a contender has queued is removed after each of its turns."""
    with Stage() as stage:
        results = take_turns(plan.console, _contenders(stage, plan.seconds), rounds=plan.rounds)
    show(plan.console, "Submit: POST /add, 64 connections", COLUMNS, results, reference=FLOOR)
    judge(
        plan.console,
        Goal("Celeriac / FastAPI def + delay()", ratio(results[CELERIAC], results[DELAY], 0), at_least=10),
        Goal("Celeriac / the floor", ratio(results[CELERIAC], results[FLOOR], 0), at_least=1.0),
    )


def _contenders(stage: Stage, seconds: float) -> dict[str, Measure]:
    def contender(server: Program, path: str, drain: Callable[[], object]) -> Measure:
        return partial(_submit, stage, server, path, drain, seconds)

    # The bindings stay: a producer makes them only once.
    drain_stock = partial(stage.redis(1).unlink, "celery")
    return {
        DELAY: contender(stage.serve("bench.template:app", database=1), "/add", drain_stock),
        ASYNC_DELAY: contender(stage.serve("bench.template:app", database=1), "/async/add", drain_stock),
        FLOOR: contender(stage.serve("bench.floor:app"), "/add", lambda: None),
        CELERIAC: contender(stage.celeriac(0), "/add", stage.redis(0).flushdb),
    }


def _submit(stage: Stage, server: Program, path: str, drain: Callable[[], object], seconds: float) -> Figures:
    figures = serving(stage, server, additions(path), status=202, seconds=seconds)
    drain()
    return figures
