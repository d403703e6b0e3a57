"""Measures a task of a thousand events a second with ever more listeners."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from lab.bench.cpu import cpu_seconds, resident_bytes
from lab.bench.figures import Figures, middle
from lab.bench.load.listeners import Heard, listen
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("words heard/s"),
    Column("p50 ms", ".0f"),
    Column("p99 ms", ".0f"),
    Column("lost, doubled, early"),
    Column("KiB/stream", ".1f"),
    Column("API CPU %"),
]
WORDS_PER_SECOND = 1000


def measure(plan: Plan) -> None:
    """One stream is the reference of how late a word is by itself."""
    counts = sorted({1, plan.streams // 10 or 1, plan.streams})
    contenders = {f"{count:,} streams": partial(_measure, plan, count) for count in counts}
    results = take_turns(plan.console, contenders, rounds=1)
    title = f"Streams: a task that says {WORDS_PER_SECOND:,} words a second"
    show(plan.console, title, COLUMNS, results, reference=f"{counts[0]:,} streams")
    most = results[f"{counts[-1]:,} streams"]
    judge(
        plan.console,
        Goal("p99 from a word to all who listen, ms", middle(most, 2), at_most=250),
        Goal("words lost, doubled or early", middle(most, 3), at_most=0),
    )


def _measure(plan: Plan, streams: int) -> Figures:
    words = round(WORDS_PER_SECOND * plan.seconds)
    with (
        Stage(CELERIAC_TASKS="lab.bench.contenders.talk") as stage,
        TemporaryDirectory(prefix="celeriac-bench-") as directory,
    ):
        server, report = stage.celeriac(0), Path(directory, "report.json")
        path = _submit(server, words)
        memory = resident_bytes(server.pid)
        listening = listen(stage, server, [path], streams, report)
        memory, cpu = resident_bytes(server.pid) - memory, cpu_seconds(server.pid)
        stage.work("celeriac_worker.app", database=0)
        listening.wait_for_success()
        cpu = cpu_seconds(server.pid) - cpu
        heard = Heard.read(report)
        missing = abs(words * streams - heard.words)
        return (
            heard.words / plan.seconds,
            heard.percentile(50),
            heard.percentile(99),
            max(missing, heard.wrong),
            memory / 1024 / streams,
            100 * cpu / plan.seconds,
        )


def _submit(server: Program, words: int) -> str:
    """No worker is there yet. The path of the task's events."""
    url = f"http://127.0.0.1:{server.port}"
    answer = httpx.post(
        f"{url}/talk", json={"words": words, "per_second": WORDS_PER_SECOND}
    ).raise_for_status()
    path: str = answer.json()["links"]["events"]
    with httpx.stream("GET", url + path) as stream:  # what the process needs anyway is no cost of the streams
        next(stream.iter_raw())
    return path
