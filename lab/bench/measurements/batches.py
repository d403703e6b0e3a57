"""Measures batches beside single submissions: the rate, the cost, and how long others wait."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lab.bench.cpu import cpu_seconds
from lab.bench.figures import Figures, middle, ratio
from lab.bench.load.load import Load, additions, apply
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.harness.program import Program
from lab.harness.stage import Stage

SINGLE, CROWD = "POST /add, one after another", "POST /add, 64 connections"
BATCH = "POST /batches, one request"
COLUMNS = [Column("tasks/s"), Column("API CPU µs/task", ".1f"), Column("Redis CPU µs/task", ".1f")]
QUIET, BESIDE = "nothing else", "a batch"
LATENCIES = [Column("p50 ms", ".2f"), Column("p99 ms", ".2f"), Column("tasks of the batch/s")]
ADDITIONS = additions("/add")
FEW_CONNECTIONS = 4
# A batch takes longer than its tasks at this rate: so long is measured what others beside it wait.
HIGHEST_RATE = 50_000
# Of the number of tasks in other shapes: those of a batch that is measured, and of one beside which others are.
LARGE, HUGE = 10, 100


def measure(plan: Plan) -> None:
    """No worker runs; what was queued is removed after each turn."""
    with Stage() as stage:
        api = stage.celeriac(0)
        costs = take_turns(
            plan.console,
            {
                SINGLE: partial(_single, stage, api, plan.seconds, connections=1),
                CROWD: partial(_single, stage, api, plan.seconds, connections=64),
                BATCH: partial(_batch, stage, api, plan.many * LARGE),
            },
            rounds=plan.rounds,
        )
        waits = take_turns(
            plan.console,
            {
                QUIET: partial(_quiet, stage, api, plan.seconds),
                BESIDE: partial(_beside, stage, api, plan.many * HUGE),
            },
            rounds=plan.rounds,
        )
    title = f"Batches: {plan.many * LARGE:,} additions, line by line"
    show(plan.console, title, COLUMNS, costs, reference=SINGLE)
    judge(
        plan.console,
        Goal("tasks/s of a batch / one after another", ratio(costs[BATCH], costs[SINGLE], 0), at_least=8),
        Goal("API CPU µs/task in a batch", middle(costs[BATCH], 1), at_most=20),
        Goal("Redis CPU µs/task in a batch", middle(costs[BATCH], 2), at_most=40),
    )
    title = f"POST /add beside a batch of {plan.many * HUGE:,}, {FEW_CONNECTIONS} connections"
    show(plan.console, title, LATENCIES, waits, reference=QUIET)
    judge(plan.console, Goal("p99 beside a batch / quiet", ratio(waits[BESIDE], waits[QUIET], 1), at_most=4))


def _single(stage: Stage, api: Program, seconds: float, *, connections: int) -> Figures:
    watched = {"api": api.pid, "redis": stage.valkey.pid}
    load = Load(
        port=api.port,
        requests=ADDITIONS,
        status=202,
        connections=connections,
        seconds=seconds,
        watched=watched,
    )
    report = apply(load)
    stage.redis(0).flushdb()
    return report.rate, report.cpu_per_answer("api") * 1e6, report.cpu_per_answer("redis") * 1e6


def _batch(stage: Stage, api: Program, count: int) -> Figures:
    pids = (api.pid, stage.valkey.pid)
    before = [cpu_seconds(pid) for pid in pids]
    seconds = _send(api, count)
    used = [(cpu_seconds(pid) - start) / count * 1e6 for pid, start in zip(pids, before, strict=True)]
    stage.redis(0).flushdb()
    return count / seconds, *used


def _quiet(stage: Stage, api: Program, seconds: float) -> Figures:
    report = apply(
        Load(port=api.port, requests=ADDITIONS, status=202, connections=FEW_CONNECTIONS, seconds=seconds)
    )
    stage.redis(0).flushdb()
    return report.p50 * 1e3, report.p99 * 1e3, float("nan")


def _beside(stage: Stage, api: Program, count: int) -> Figures:
    """Only while the batch is being accepted."""
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(_send, api, count)
        load = Load(
            port=api.port,
            requests=ADDITIONS,
            status=202,
            connections=FEW_CONNECTIONS,
            seconds=count / HIGHEST_RATE,
        )
        report = apply(load)
        seconds = sending.result()
    stage.redis(0).flushdb()
    return report.p50 * 1e3, report.p99 * 1e3, count / seconds


def _send(api: Program, count: int) -> float:
    """In how many seconds a batch of so many additions is accepted."""
    items = ({"name": "add", "input": {"x": number, "y": 5}} for number in range(count))
    lines = "\n".join(map(json.dumps, items)).encode()
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=600)
    began = time.perf_counter()
    connection.request("POST", "/batches", lines, {"Content-Type": "application/x-ndjson"})
    response = connection.getresponse()
    content = response.read()
    seconds = time.perf_counter() - began
    connection.close()
    if response.status != 202 or json.loads(content)["total"] != count:
        raise RuntimeError(f"A batch got {response.status}: {content[:500].decode()}")
    return seconds
