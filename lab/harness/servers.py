"""Starts an API or a worker as by hand, with its log in a file."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

import httpx

from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.readiness import answers_over_http
from lab.harness.checkout import ROOT, python_path
from lab.harness.program import Program

ALL_TASKS = "tasks,tests.tasks"
# With TEST_START_METHOD=spawn the processes of a pool are started as on macOS.
START_METHOD = os.environ.get("TEST_START_METHOD", "fork")
SPAWN = ROOT / "tests" / "support" / "spawn"
# With TEST_CELERY=other, workers run as with a Celery whose insides they do not know, so on Celery's own pool.
OURS, OTHER = "celeriac_worker.app", "tests.support.other_celery"
APP = OTHER if os.environ.get("TEST_CELERY") == "other" else OURS
# What an API, and a worker with our app, have imported when they are ready.
TASKS = ("tasks.*", "tests.tasks.*")
API_IMPORTS = ("uvicorn.main", "celeriac_api.app", "celeriac_api.server.connections.one_write", *TASKS)
WORKER_IMPORTS = (
    "celery.bin.celery",
    "celeriac_worker.controller",
    "celeriac_worker.insides.parts",
    "celeriac_worker.intake.*",
    "celeriac_worker.processes.*",
    "celeriac_worker.run.*",
    "celeriac_worker.steps.*",
    *TASKS,
)
# Nobody asks anybody here, so a worker starts in half the time.
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")
# Without the event loop of the async starter tasks, which is a process.
NO_LOOP = ("-X", "async")


class API(Program):
    """The API on a free port."""

    def __init__(
        self, factory: str, environment: Mapping[str, str], directory: Path, options: Sequence[str] = ()
    ) -> None:
        """Start it; `factory` makes the app, `options` are uvicorn's."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
        command += [
            "--http",
            "celeriac_api.server.connections.one_write:OneWrite",
            "--no-access-log",
            "--timeout-keep-alive",
            "60",
            *options,
        ]
        super().__init__(command, environment, new_log(directory, "api"), port=port, imports=API_IMPORTS)

    def client(self) -> httpx.Client:
        """A client of it, with time enough for every wait that a test asks for."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)


def environment(**settings: object) -> dict[str, str]:
    """Ours, with these settings of Celeriac and no other: `redis_url="…"`; and of OpenTelemetry: `otel_traces_exporter="none"`."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CELERIAC_", "OTEL_"))
    }
    variables = {
        name.upper() if name.startswith("otel_") else f"CELERIAC_{name.upper()}": str(value)
        for name, value in settings.items()
    }
    path = python_path() if START_METHOD == "fork" else f"{python_path()}{os.pathsep}{SPAWN}"
    return {**inherited, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **variables}


def new_log(directory: Path, name: str) -> Path:
    """A file in this directory for what a program of this name writes."""
    file, path = mkstemp(prefix=f"{name}-", suffix=".log", dir=directory)
    os.close(file)
    return Path(path)


def worker_of(directory: Path, *options: str, app: str = APP, **settings: object) -> Program:
    """A worker that was just started; `app` is where Celery finds its app.

    Of the starter tasks, it runs the async ones only if it has the setting `loops`, or the option -Q: an event loop is a process.
    """
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        app,
        "worker",
        "-c",
        "2",
        *ALONE,
        *options,
    ]
    settings = {"tasks": ALL_TASKS, **settings}
    if (
        "tasks" in str(settings["tasks"]).split(",")
        and "loops" not in settings
        and not {"-Q", "-X"} & {*options}
    ):
        command += NO_LOOP
    return Program(
        [*command, "--loglevel", "INFO"],
        environment(**settings),
        new_log(directory, "worker"),
        imports=WORKER_IMPORTS if app == OURS else (),
    )


@contextmanager
def running_worker(directory: Path, *options: str, app: str = APP, **settings: object) -> Iterator[Program]:
    """A pool of two that takes tasks."""
    with starting_worker(directory, *options, app=app, **settings) as server:
        server.wait_until(lambda: " ready." in server.log)
        yield server


@contextmanager
def starting_worker(directory: Path, *options: str, app: str = APP, **settings: object) -> Iterator[Program]:
    """A pool of two that may not take tasks yet."""
    server = worker_of(directory, *options, app=app, **settings)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_api(
    directory: Path, *options: str, factory: str = "celeriac_api.app:create_app", **settings: object
) -> Iterator[API]:
    """An API that answers."""
    server = API(factory, environment(**{"tasks": ALL_TASKS, **settings}), directory, options)
    try:
        server.wait_until(lambda: answers_over_http("127.0.0.1", server.port, "/livez"))
        yield server
    finally:
        server.stop()
