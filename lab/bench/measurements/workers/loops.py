"""Measures async tasks, many at once in one process, beside other queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.bench.contenders.loops.contenders import contenders
from lab.bench.contenders.loops.peers import ALL
from lab.bench.measurements.workers import backlog, chunks, paced
from lab.bench.plan import Plan
from lab.harness.stage import Stage

TASKS = "lab.bench.contenders.loops.ours"


def measure(plan: Plan) -> None:
    """Three tables; the contenders take turns."""
    with _stage(plan) as (stage, figures):
        api = stage.celeriac(0)
        all_contenders = contenders(stage, plan, api)
        absent = [peer.name for peer in ALL if peer.name not in all_contenders]
        if absent:
            plan.console.print(f"Left out, as they are not installed: {', '.join(absent)}.")
        backlog.measure(stage, plan, all_contenders, figures)
        paced.measure(stage, plan, all_contenders, figures)
        chunks.measure(stage, plan, api)


def measure_chunks(plan: Plan) -> None:
    """The last of the tables alone."""
    with _stage(plan) as (stage, _):
        chunks.measure(stage, plan, stage.celeriac(0))


@contextmanager
def _stage(plan: Plan) -> Iterator[tuple[Stage, Path]]:
    """With the directory for what contenders measure."""
    with (
        TemporaryDirectory(prefix="celeriac-bench-") as directory,
        Stage(
            CELERIAC_TASKS=TASKS,
            CELERIAC_ASYNC_CONCURRENCY=str(max(plan.concurrency, plan.streams)),
            BENCH_FIGURES=directory,
        ) as stage,
    ):
        yield stage, Path(directory)
