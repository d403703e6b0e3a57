"""`--against REV` measures a revision and the working tree in turns, and prints ratios."""

from collections.abc import Sequence

from lab.bench.load.serving import COLUMNS as SERVING
from lab.bench.measurements import get, start, submit, wait
from lab.bench.measurements.workers import pool
from lab.bench.plan import Plan
from lab.bench.report import show
from lab.bench.rounds import take_turns
from lab.harness.checkout import ROOT, checkout_of
from lab.harness.stage import Stage

WORKING_TREE = "working tree"
# For each measurement what it measures of a checkout, and the columns of its figures.
COMPARED = {
    "submit": (submit.of_celeriac, SERVING),
    "get": (get.of_celeriac, SERVING),
    "wait": (wait.of_celeriac, wait.COLUMNS),
    "start": (start.of_celeriac, start.COLUMNS),
    "pool": (pool.of_celeriac, pool.COLUMNS),
}


def compare(plan: Plan, revision: str, measurements: Sequence[str]) -> None:
    """One table for each measurement; `NoSuchRevision` for what cannot be checked out."""
    with checkout_of(revision) as root:
        for name in measurements:
            measure, columns = COMPARED[name]
            with Stage() as stage:
                contenders = {
                    revision: measure(stage, plan, database=0, root=root),
                    WORKING_TREE: measure(stage, plan, database=1, root=ROOT),
                }
                take_turns(plan.console, contenders, rounds=1)  # so that all is loaded, and compiled
                results = take_turns(plan.console, contenders, rounds=plan.rounds)
            show(plan.console, f"{name}, against {revision}", columns, results, reference=revision)


def comparable(measurements: Sequence[str]) -> list[str]:
    """Those of these that can be compared."""
    return [name for name in measurements if name in COMPARED]
