"""Async tasks that each yield ten times a second, and a client of each."""

import asyncio
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.bench.cpu import cpu_seconds, tree
from lab.bench.figures import Figures, middle
from lab.bench.load.door import Door
from lab.bench.load.listeners import Heard, listen
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("chunks heard/s"),
    Column("p50 ms"),
    Column("p99 ms"),
    Column("lost, doubled, early"),
    Column("API CPU %"),
    Column("worker CPU %"),
    Column("Redis CPU %"),
]
P50, P99, WRONG = 1, 2, 3
PER_SECOND = 10
# How much longer than the turns of other measurements: all tasks start in the first half of a second.
TURN = 2


def measure(stage: Stage, plan: Plan, api: Program) -> None:
    """All begin at once."""
    name = f"{plan.streams:,} tasks"
    results = take_turns(plan.console, {name: partial(_run, stage, plan, api)}, rounds=1)
    title = f"Loops: async tasks that yield {PER_SECOND} times a second, a listener each"
    show(plan.console, title, COLUMNS, results, reference=name)
    judge(
        plan.console,
        Goal("p50 from a chunk to its client, ms", middle(results[name], P50), at_most=60),
        Goal("p99 from a chunk to its client, ms", middle(results[name], P99), at_most=250),
        Goal("chunks lost, doubled or early", middle(results[name], WRONG), at_most=0),
    )


def _run(stage: Stage, plan: Plan, api: Program) -> Figures:
    seconds = plan.seconds * TURN
    words = max(round(PER_SECOND * seconds), 1)
    with TemporaryDirectory(prefix="celeriac-bench-") as directory:
        report = Path(directory, "report.json")
        listening = listen(stage, api, asyncio.run(_submit(api, plan.streams, words)), plan.streams, report)
        worker = stage.work("celeriac_worker.app", "-c", "1", database=0)
        before = _cpu(stage, api, worker)
        listening.wait_for_success()
        used = [after - earlier for earlier, after in zip(before, _cpu(stage, api, worker), strict=True)]
        heard = Heard.read(report)
    return (
        heard.words / seconds,
        heard.percentile(50),
        heard.percentile(99),
        max(abs(words * plan.streams - heard.words), heard.wrong),
        *(100 * each / seconds for each in used),
    )


async def _submit(server: Program, tasks: int, words: int) -> list[str]:
    """No worker is there yet. The path of the events of each task."""
    async with Door(server.port, connections=16) as door:
        submission = {"words": words, "per_second": PER_SECOND}
        answers = await asyncio.gather(*(door.post("/tell", submission, status=202) for _ in range(tasks)))
    return [answer["links"]["events"] for answer in answers]


def _cpu(stage: Stage, server: Program, worker: Program) -> tuple[float, float, float]:
    """Of the API, the worker and Redis."""
    return (
        cpu_seconds(server.pid),
        sum(cpu_seconds(pid) for pid in tree(worker.pid)),
        cpu_seconds(stage.valkey.pid),
    )
