"""Measures how long the command takes until its first answer, beside Python alone."""

import resource
import subprocess
import sys
import time
from functools import partial

from lab.bench.figures import Figures, middle
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.harness.servers import environment

COLUMNS = [Column("ms"), Column("CPU ms")]
PYTHON, VERSION, HELP, LIST_HELP = (
    "python -c pass",
    "celeriac --version",
    "celeriac --help",
    "celeriac list --help",
)
MOST_MILLISECONDS = 150
# One start is short: a round is the mean of this many.
STARTS = 5


def measure(plan: Plan) -> None:
    """Each of them is started a few times in each round, after one that compiles its modules."""
    command = ["-m", "celeriac.command"]
    contenders: dict[str, Measure] = {
        PYTHON: partial(_start, "-c", "pass"),
        VERSION: partial(_start, *command, "--version"),
        HELP: partial(_start, *command, "--help"),
        LIST_HELP: partial(_start, *command, "list", "--help"),
    }
    take_turns(plan.console, contenders, rounds=1)
    results = take_turns(plan.console, contenders, rounds=plan.rounds)
    show(plan.console, "Start of the command", COLUMNS, results, reference=PYTHON)
    goals = [
        Goal(f"{name}, ms", middle(results[name], 0), at_most=MOST_MILLISECONDS) for name in (VERSION, HELP)
    ]
    judge(plan.console, *goals)


def _start(*words: str) -> Figures:
    # As after an installation, which compiles all modules.
    variables = {name: value for name, value in environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
    start, cpu = time.perf_counter(), _children_cpu()
    for _ in range(STARTS):
        subprocess.run([sys.executable, *words], env=variables, stdout=subprocess.DEVNULL, check=True)
    return (
        (time.perf_counter() - start) * 1e3 / STARTS,
        (_children_cpu() - cpu) * 1e3 / STARTS,
    )


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
