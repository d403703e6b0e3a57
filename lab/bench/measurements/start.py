"""Measures the time from the command to the first answer, and compares."""

import http.client
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from lab.bench.cpu import cpu_seconds
from lab.bench.figures import Figures, ratio
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.harness.checkout import ROOT
from lab.harness.program import Program, listens
from lab.harness.stage import Stage, options_of_app

POLL_SECONDS = 0.002
COLUMNS = [Column("listens, ms"), Column("first answer, ms"), Column("CPU ms")]
FLOOR, CELERIAC = "FastAPI", "Celeriac"


def measure(plan: Plan) -> None:
    """Both are started by the same small launcher, which adds some 15 ms to each."""
    with Stage() as stage:
        contenders: dict[str, Measure] = {
            FLOOR: partial(_start, stage, "lab.bench.contenders.floor:app", root=ROOT),
            CELERIAC: of_celeriac(stage, plan),
        }
        take_turns(plan.console, contenders, rounds=1)  # so that both are in the cache of the system
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    show(plan.console, "Start of the API, until GET /livez is answered", COLUMNS, results, reference=FLOOR)
    judge(plan.console, Goal("Celeriac / FastAPI", ratio(results[CELERIAC], results[FLOOR], 1), at_most=1.5))


def of_celeriac(stage: Stage, _: Plan, *, database: int = 0, root: Path = ROOT) -> Measure:
    """The API of a checkout."""
    return partial(_start, stage, *options_of_app(root), database=database, root=root)


def _start(stage: Stage, *app: str, database: int = 0, root: Path) -> Figures:
    start = time.perf_counter()
    server = stage.launch_server(*app, database=database, root=root)
    while not listens(server.port):
        time.sleep(POLL_SECONDS)
    listening = time.perf_counter() - start
    _first_answer(server)
    answered, cpu = time.perf_counter() - start, cpu_seconds(server.pid)
    server.stop()
    return listening * 1e3, answered * 1e3, cpu * 1e3


def _first_answer(server: Program) -> None:
    while True:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", "/livez")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(POLL_SECONDS)
