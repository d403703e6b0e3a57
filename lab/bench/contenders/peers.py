"""Runs the peers in environments of their own (`make bench-peers`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from celeriac.stack.processes.ports import free_port
from lab.bench.load.load import additions, request
from lab.harness.program import Program
from lab.harness.stage import UVICORN, Stage

# Where each environment lies in the directory of all: some want another redis-py than the rest.
PEERS, TASKIQ, ARQ = ".", "taskiq", "arq"
# The database of the stock app: Flower and celery-fastapi stand before that.
DATABASE = 1


@dataclass(frozen=True, kw_only=True)
class Front:
    """A program that takes tasks for Celery over HTTP, and tells what became of them; its answers are 200."""

    name: str
    python: str
    command: Callable[[int], Sequence[str]]
    submissions: Sequence[str]
    path_of_task: str

    def serve(self, stage: Stage) -> Program:
        """Start it, and return when it listens."""
        port = free_port()
        program = stage.start(self.command(port), database=DATABASE, port=port, python=self.python)
        program.wait_until_it_listens()
        return program

    def questions(self, task_ids: Sequence[str]) -> list[str]:
        """A request for the state of each task."""
        return [request("GET", self.path_of_task.format(task_id)) for task_id in task_ids]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Workers for a queue that is not Celery's. `app` is the module of their task; as a program it fills the queue."""

    name: str
    python: str
    database: int
    app: str
    command: Sequence[str]
    queue: str

    def fill(self, stage: Stage, *, count: int) -> None:
        """Queue so many additions."""
        program = stage.start([self.app, str(count)], database=self.database, python=self.python)
        program.wait_for_success()

    def start(self, stage: Stage) -> Program:
        """Start the workers."""
        return stage.start(self.command, database=self.database, python=self.python)


def python_of(directory: Path | None, environment: str) -> str | None:
    """The Python of an environment; None where that is not installed whole, which `make bench-peers` marks."""
    if directory is None or not (directory / "installed").exists():
        return None
    python = directory / environment / "bin" / "python"
    return str(python.absolute()) if python.exists() else None


def fronts(directory: Path | None) -> Sequence[Front]:
    """Those of Flower and celery-fastapi, where they are installed."""
    python = python_of(directory, PEERS)
    if python is None:
        return ()
    flower = Front(
        name="Flower",
        python=python,
        command=lambda port: [
            "celery",
            "-A",
            "lab.bench.contenders.peer_flower",
            "flower",
            f"--port={port}",
            "--logging=error",
        ],
        submissions=[
            request("POST", "/api/task/async-apply/add", {"kwargs": {"x": x, "y": 5}}) for x in range(1000)
        ],
        path_of_task="/api/task/result/{}",
    )
    celery_fastapi = Front(
        name="celery-fastapi",
        python=python,
        command=lambda port: [
            "uvicorn",
            "lab.bench.contenders.peer_celery_fastapi:app",
            "--port",
            str(port),
            *UVICORN,
        ],
        submissions=additions("/add"),
        path_of_task="/tasks/{}",
    )
    return (flower, celery_fastapi)


def pools(directory: Path | None) -> Sequence[Pool]:
    """Those of dramatiq and saq, where they are installed."""
    python = python_of(directory, PEERS)
    if python is None:
        return ()
    dramatiq = Pool(
        name="dramatiq, 2 processes of 4 threads",
        python=python,
        database=2,
        app="lab.bench.contenders.peer_dramatiq",
        command=["dramatiq", "lab.bench.contenders.peer_dramatiq", "--processes", "2", "--threads", "4"],
        queue="dramatiq:default",
    )
    saq = Pool(
        name="saq, 1 process",
        python=python,
        database=3,
        app="lab.bench.contenders.peer_saq",
        command=["saq", "lab.bench.contenders.peer_saq.settings"],
        queue="saq:default:queued",
    )
    return (dramatiq, saq)
