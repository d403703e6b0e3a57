"""Measures an HTTP server with 64 clients that send without a pause."""

from collections.abc import Sequence

from lab.bench.figures import Figures
from lab.bench.load.load import Load, apply
from lab.bench.report import Column
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("requests/s"),
    Column("p50 ms", ".1f"),
    Column("p99 ms", ".1f"),
    Column("server CPU µs"),
    Column("Redis CPU µs"),
    Column("client CPU %"),
]


def serving(
    stage: Stage, server: Program, requests: Sequence[str], *, status: int, seconds: float
) -> Figures:
    """Send these requests in turn for so long; each answer must have this status."""
    watched = {"server": server.pid, "redis": stage.valkey.pid}
    load = Load(port=server.port, requests=requests, status=status, seconds=seconds, watched=watched)
    report = apply(load)
    return (
        report.rate,
        report.p50 * 1e3,
        report.p99 * 1e3,
        report.cpu_per_answer("server") * 1e6,
        report.cpu_per_answer("redis") * 1e6,
        report.own_cpu * 100,
    )
