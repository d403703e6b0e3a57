"""Measures what a call of the client costs its own process."""

import json
from functools import partial

from lab.bench.figures import Figures, ratio
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [Column("CPU µs/task"), Column("tasks/s")]
# What is compared: a loop that somebody has written by hand with httpx, and the client.
PAIRS = [
    ("run by hand", "client.run"),
    ("async run by hand", "await client.run"),
    ("map by hand", "client.map"),
    ("async map by hand", "async client.map"),
]
MOST = 1.15


def measure(plan: Plan) -> None:
    """One worker with two processes; 64 tasks at once where there are several."""
    with Stage() as stage:
        stage.work("celeriac_worker.app", database=0)
        server = stage.celeriac(0)
        contenders = {
            name: partial(_call, stage, server, name, plan.seconds) for pair in PAIRS for name in pair
        }
        take_turns(
            plan.console, {name: contenders[name] for name in PAIRS[0]}, rounds=1
        )  # until the worker is up
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    for by_hand, by_client in PAIRS:
        pair = {name: results[name] for name in (by_hand, by_client)}
        show(plan.console, f"Client: {by_client}", COLUMNS, pair, reference=by_hand)
        cpu = ratio(results[by_client], results[by_hand], 0)
        judge(plan.console, Goal(f"{by_client} / {by_hand}", cpu, at_most=MOST))


def _call(stage: Stage, server: Program, name: str, seconds: float) -> Figures:
    program = stage.start(["lab.bench.contenders.callers", name, str(server.port), str(seconds)], database=0)
    program.wait_for_success()
    cpu, rate = json.loads(program.log.splitlines()[-1])
    return cpu * 1e6, rate
