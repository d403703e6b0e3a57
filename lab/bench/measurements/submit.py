"""Measures how many tasks a second an API accepts, how fast, and the cost."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from lab.bench.contenders.peers import fronts
from lab.bench.figures import Figures, ratio
from lab.bench.load.load import additions
from lab.bench.load.serving import COLUMNS, serving
from lab.bench.plan import Plan
from lab.bench.report import Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.bench.stores.key import empty_but_keys, new_key
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage

TO_ADD = additions("/add")
DELAY, ASYNC_DELAY = "FastAPI def + delay()", "FastAPI async def + delay()"
FLOOR, CELERIAC = "FastAPI without Redis (the floor)", "Celeriac"
KEYED = "Celeriac, with keys, owners and limits"


def measure(plan: Plan) -> None:
    """No worker runs; what a contender has queued is removed after each of its turns."""
    with Stage() as stage:
        results = take_turns(plan.console, _contenders(stage, plan), rounds=plan.rounds)
    show(plan.console, "Submit: POST an addition, 64 connections", COLUMNS, results, reference=FLOOR)
    judge(
        plan.console,
        Goal("Celeriac / FastAPI def + delay()", ratio(results[CELERIAC], results[DELAY], 0), at_least=10),
        Goal("Celeriac / the floor", ratio(results[CELERIAC], results[FLOOR], 0), at_least=1.0),
        Goal("the same with keys", ratio(results[KEYED], results[FLOOR], 0), at_least=1.0),
    )


def of_celeriac(stage: Stage, plan: Plan, *, database: int = 0, root: Path = ROOT) -> Measure:
    """The API of a checkout."""
    server, drain = stage.celeriac(database, root=root), stage.redis(database).flushdb
    return partial(_submit, stage, server, TO_ADD, 202, drain, plan.seconds)


def _with_key(stage: Stage, plan: Plan, *, database: int) -> Measure:
    """The same, where each request has a key."""
    submissions = additions("/add", authorization=new_key(stage.url(database)))
    drain = partial(empty_but_keys, stage.redis(database))
    return partial(_submit, stage, stage.celeriac(database), submissions, 202, drain, plan.seconds)


def _contenders(stage: Stage, plan: Plan) -> dict[str, Measure]:
    def contender(
        server: Program, drain: Callable[[], object], submissions: Sequence[str], *, status: int = 202
    ) -> Measure:
        return partial(_submit, stage, server, submissions, status, drain, plan.seconds)

    # The bindings stay: a producer makes them only once.
    drain_stock = partial(stage.redis(1).unlink, "celery")
    template = partial(stage.serve, "lab.bench.contenders.template:app", database=1)
    contenders = {
        DELAY: contender(template(), drain_stock, TO_ADD),
        ASYNC_DELAY: contender(template(), drain_stock, additions("/async/add")),
        FLOOR: contender(stage.serve("lab.bench.contenders.floor:app"), lambda: None, TO_ADD),
        CELERIAC: of_celeriac(stage, plan),
        KEYED: _with_key(stage, plan, database=3),
    }
    for peer in fronts(plan.peers):
        contenders[peer.name] = contender(peer.serve(stage), drain_stock, peer.submissions, status=200)
    return contenders


def _submit(
    stage: Stage,
    server: Program,
    submissions: Sequence[str],
    status: int,
    drain: Callable[[], object],
    seconds: float,
) -> Figures:
    figures = serving(stage, server, submissions, status=status, seconds=seconds)
    drain()
    return figures
