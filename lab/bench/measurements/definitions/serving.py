"""Measures how soon announced definitions are served, and what that costs."""

import gzip
import time
from collections.abc import Sequence
from functools import partial
from statistics import median
from urllib.request import urlopen

from celeriac.ledger.store.blocking_connection import PatientConnection
from lab.bench.cpu import cpu_seconds, resident_bytes
from lab.bench.figures import Figures, percentile
from lab.bench.load.load import Load, additions, apply
from lab.bench.measurements.definitions.announced import (
    POLL_SECONDS,
    change,
    changing,
    names,
    status_of,
    wait_until_served,
)
from lab.bench.report import Column
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage, options_of_app

OF_START = [Column("first answer, ms"), Column("all served, ms"), Column("CPU ms"), Column("MB")]
OF_CHANGES = [Column("p50 ms"), Column("most ms")]
OF_SUBMISSIONS = [Column("requests/s"), Column("p50 ms", ".1f"), Column("p99 ms", ".1f")]
OF_DOCUMENT = [
    Column("first, ms"),
    Column("after a change, ms"),
    Column("MB", ".2f"),
    Column("MB gzip", ".3f"),
    Column("MB of the process"),
]
# By the number of their column.
ALL_SERVED, MOST, P99, AFTER_A_CHANGE = 1, 1, 2, 1
CLIENTS = 16
CHANGES, DOCUMENTS = 10, 5
# Ten times a second.
PAUSE_SECONDS = 0.1


def start(stage: Stage, number: int, *, database: int) -> Figures:
    """An API where so many are announced, until it serves the last of them."""
    begin = time.perf_counter()
    server = stage.launch_server(*options_of_app(ROOT), database=database)
    while status_of("/livez", server.port) is None:
        time.sleep(POLL_SECONDS)
    answered = time.perf_counter() - begin
    wait_until_served(names(number)[-1], [server.port])
    served = time.perf_counter() - begin
    figures = answered * 1e3, served * 1e3, cpu_seconds(server.pid) * 1e3, resident_bytes(server.pid) / 1e6
    server.stop()
    return figures


def changes(url: str, ports: Sequence[int]) -> Figures:
    """Until each of some changes is served at all ports."""
    connection, took = PatientConnection(url), []
    for _ in range(CHANGES):
        begin = time.perf_counter()
        wait_until_served(change(connection), ports)
        took.append((time.perf_counter() - begin) * 1e3)
    return percentile(took, 50), max(took)


def submissions(port: int, *, seconds: float, url: str | None) -> Figures:
    """Of POST /add; where there is a URL, a definition changes there meanwhile. Each answer is 202, or this fails."""
    load = Load(port=port, requests=additions("/add"), status=202, connections=CLIENTS, seconds=seconds)
    if url is None:
        report = apply(load)
    else:
        with changing(url, seconds=PAUSE_SECONDS):
            report = apply(load)
    return report.rate, report.p50 * 1e3, report.p99 * 1e3


def document(server: Program, url: str) -> Figures:
    """GET /openapi.json, first and after each of some changes."""
    read = partial(_read, f"http://127.0.0.1:{server.port}/openapi.json")
    first, _ = read()
    connection, after = PatientConnection(url), []
    for _ in range(DOCUMENTS):
        wait_until_served(change(connection), [server.port])
        seconds, text = read()
        after.append(seconds)
    sizes = len(text) / 1e6, len(gzip.compress(text)) / 1e6
    return first * 1e3, median(after) * 1e3, *sizes, resident_bytes(server.pid) / 1e6


def _read(address: str) -> tuple[float, bytes]:
    begin = time.perf_counter()
    with urlopen(address) as answer:  # noqa: S310 - of this machine
        text: bytes = answer.read()
    return time.perf_counter() - begin, text
