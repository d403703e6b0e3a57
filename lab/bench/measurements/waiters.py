"""Measures thousands of waiting clients: their cost, and when each gets its answer."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.bench.cpu import cpu_seconds, resident_bytes
from lab.bench.figures import Figures, middle, percentile
from lab.bench.load.load import Load, additions, apply, request
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.bench.stores import fill
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("fresh POST p50 ms", ".1f"),
    Column("p99 ms", ".1f"),
    Column("first told, ms after the end", ".1f"),
    Column("p50", ".1f"),
    Column("last", ".1f"),
    Column("KiB/waiter", ".1f"),
    Column("Redis connections before"),
    Column("with waiters"),
]
FLOOR, ONE, MANY = "FastAPI, asyncio.Event", "Celeriac, one task", "Celeriac, a task each"
FRESH_CONNECTIONS = 4
QUIET_SECONDS = 0.2


@dataclass(frozen=True)
class Contender:
    """Where clients park: what each asks, and how the end comes about."""

    server: Program
    requests: list[str]
    end: Callable[[], float]


def measure(plan: Plan) -> None:
    """Each contender parks once, on a server of its own; one round says enough of memory."""
    contenders = {
        FLOOR: partial(_measure, plan, _floor),
        ONE: partial(_measure, plan, partial(_celeriac, tasks=1)),
        MANY: partial(_measure, plan, partial(_celeriac, tasks=plan.waiters)),
    }
    results = take_turns(plan.console, contenders, rounds=1)
    show(plan.console, f"Waiters: {plan.waiters:,} parked clients", COLUMNS, results, reference=FLOOR)
    single = results[ONE]
    judge(
        plan.console,
        Goal("p99 of a fresh POST meanwhile, ms", middle(single, 1), at_most=100),
        Goal("the last one is told, ms after the end", middle(single, 4), at_most=250),
        Goal("new Redis connections", middle(single, 7) - middle(single, 6), at_most=1),
    )


def _measure(plan: Plan, contender: Callable[[Plan, Stage], Contender]) -> Figures:
    with Stage() as stage, TemporaryDirectory(prefix="celeriac-bench-") as directory:
        parking, redis = contender(plan, stage), stage.redis(0)
        memory, connections = resident_bytes(parking.server.pid), len(redis.client_list())
        report = Path(directory, "report.json")
        clients = _park(stage, parking, Path(directory, "requests.json"), report)
        memory, parked = resident_bytes(parking.server.pid) - memory, len(redis.client_list())
        fresh = apply(_fresh(parking.server, plan.seconds))
        ended = parking.end()
        clients.wait_for_success()
        delays = [delay * 1e3 for delay in _delays(report, ended)]
        return (
            fresh.p50 * 1e3,
            fresh.p99 * 1e3,
            min(delays),
            percentile(delays, 50),
            max(delays),
            memory / 1024 / plan.waiters,
            connections,
            parked,
        )


def _floor(plan: Plan, stage: Stage) -> Contender:
    server = stage.serve("lab.bench.contenders.floor:app")

    def end() -> float:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        moment = time.time()
        connection.request("POST", "/end")
        connection.getresponse().read()
        connection.close()
        return moment

    apply(_fresh(server, plan.seconds))
    return Contender(server, [request("GET", "/wait")] * plan.waiters, end)


def _celeriac(plan: Plan, stage: Stage, *, tasks: int) -> Contender:
    server, client = stage.celeriac(0), stage.redis(0)
    apply(_fresh(server, plan.seconds))  # what the process needs anyway is no cost of the waiters
    client.flushdb()
    fill.queue(server, "/add", count=tasks)
    prefix = "celeriac:task:"
    task_ids = [key.decode().removeprefix(prefix) for key in client.scan_iter(prefix + "*", count=10_000)]
    requests = [request("GET", f"/tasks/{task_id}?wait=60") for task_id in task_ids]
    one_waiter = request("GET", f"/tasks/{task_ids[0]}?wait=1")
    apply(Load(port=server.port, requests=[one_waiter], status=200, connections=1, count=1))

    def end() -> float:
        client.ltrim("default", -tasks, -1)  # those that are waited for, and not what was submitted since
        stage.work("celeriac_worker.app", database=0)
        return 0.0

    return Contender(server, requests * (plan.waiters // tasks), end)


def _fresh(server: Program, seconds: float) -> Load:
    return Load(
        port=server.port,
        requests=additions("/add"),
        status=202,
        connections=FRESH_CONNECTIONS,
        seconds=seconds,
    )


def _park(stage: Stage, parking: Contender, requests: Path, report: Path) -> Program:
    """Return when all clients wait: all is sent, and the server has come to rest."""
    requests.write_text(json.dumps(parking.requests))
    clients = stage.start(
        ["lab.bench.load.parked", str(parking.server.port), str(requests), str(report)], database=0
    )
    clients.wait_until_it_says("parked")
    before = -1.0
    while (now := cpu_seconds(parking.server.pid)) > before + 0.02:
        before = now
        time.sleep(QUIET_SECONDS)
    return clients


def _delays(report: Path, ended: float) -> list[float]:
    """Seconds from the end, as the document tells it or else `ended`, to each answer."""
    return [moment - _end_in(body, ended) for moment, _, body in json.loads(report.read_text())]


def _end_in(body: str, ended: float) -> float:
    document = json.loads(body)
    if document["state"] != "succeeded":
        raise ValueError(f"a client was told that its task has not succeeded: {body}")
    return datetime.fromisoformat(document["ended_at"]).timestamp() if "ended_at" in document else ended
