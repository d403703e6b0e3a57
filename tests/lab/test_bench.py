"""Each measurement of the bench runs at its smallest and prints its table."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from lab.bench.__main__ import MEASUREMENTS
from lab.harness.checkout import ROOT
from tests.support.marks import linux_only

pytestmark = linux_only  # it reads CPU times and memory from /proc
SMALLEST = [
    "--seconds",
    "0.2",
    "--rounds",
    "1",
    "--waiters",
    "50",
    "--streams",
    "20",
    "--records",
    "2000",
    "--tasks",
    "200",
    "--concurrency",
    "50",
    "--many",
    "12",
    "--definitions",
    "40",
    "--peers",
    "none",
]
# Words of each table; those that take longest go first.
TABLES = {
    "waiters": ["Waiters: 50 parked clients", "KiB/waiter", "Celeriac, one task", "Celeriac, a task each"],
    "loops": [
        "Loops: additions",
        "not installed: taskiq",
        "Celeriac, prefork -c 4",
        "over HTTP, p50",
        "20 tasks",
    ],
    "streams": ["Streams: a task that says", "20 streams", "KiB/stream"],
    "records": ["Records: the same requests", "1,000 tasks", "2,000 tasks", "keeper"],
    "submit": ["Submit: POST an addition", "the floor", "Celeriac"],
    "get": ["Status: GET /tasks/{id}, 200 finished", "AsyncResult", "Celeriac"],
    "wait": ["Wait: from POST to the result", "in process", "Celeriac, Prefer: wait"],
    "many": ["Many: a chain of 12", "Many: a chord of 12", "Celery's canvas", "Celeriac, one batch"],
    "batches": ["Batches: 120 additions", "POST /batches, one request", "POST /add beside a batch of 1,200"],
    "start": ["Start of the API", "first answer, ms", "Celeriac"],
    "pool": ["Pool: 200 queued additions", "stock worker", "Celeriac's worker", "bytes/task, finished"],
    "existing": [
        "Existing app: 200 publishes",
        "Celery alone",
        "with celeriac.install(app)",
        "200 queued additions",
    ],
    "definitions": [
        "Definitions: start of an API",
        "served by two processes",
        "one changes ten times a second",
        "GET /openapi.json",
        "40 announced",
    ],
    "client": ["Client: client.run", "run by hand", "async client.map / async map by hand"],
    "command": ["Start of the command", "celeriac --version", "celeriac list --help"],
    "limits": ["Limits: a key with 100", "Celeriac, two processes", "refused"],
}
# They take longest, and start what others start, too: `make trials` runs them.
LONG = ("waiters", "get", "wait", "pool", "existing", "definitions", "client", "command")
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def runs() -> Iterator[Mapping[str, Future[Run]]]:
    """All that are not long, some side by side: they spend much of their time waiting for something to start."""
    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(measure, name) for name in TABLES if name not in LONG}


def test_every_measurement_is_run_here() -> None:
    assert TABLES.keys() == MEASUREMENTS.keys()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.trial) if name in LONG else name for name in TABLES]
)
def test_a_measurement_prints_its_table_and_says_of_each_goal_whether_it_is_reached(
    name: str, runs: Mapping[str, Future[Run]]
) -> None:
    run = measure(name) if name in LONG else runs[name].result()
    assert (run.returncode, run.stderr) == (0, "")
    assert all(words in run.stdout for words in TABLES[name]), run.stdout
    assert "× is the ratio to" in run.stdout
    assert any(line.startswith(("reached", "missed")) for line in run.stdout.splitlines())


def test_an_unknown_measurement_is_named_with_those_that_there_are() -> None:
    run = bench("--only", "everything")
    assert run.returncode == 2
    assert "'everything' is unknown; known: submit, get" in run.stderr


def measure(name: str) -> Run:
    """One measurement."""
    return bench("--only", name, *SMALLEST)


def bench(*arguments: str) -> Run:
    """One run."""
    command = [sys.executable, "-m", "lab.bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
