"""Starts an API or a worker as by hand, with its log in a file."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import mkstemp

import httpx

from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.readiness import answers_over_http
from lab.harness.checkout import ROOT, python_path
from lab.harness.waiting import wait_until

ALL_TASKS = "tasks,tests.tasks"
# With TEST_START_METHOD=spawn the processes of a pool are started as on macOS.
START_METHOD = os.environ.get("TEST_START_METHOD", "fork")
SPAWN = ROOT / "tests" / "support" / "spawn"
# With TEST_CELERY=other, workers run as with a Celery whose insides they do not know, so on Celery's own pool.
OURS, OTHER = "celeriac_worker.app", "tests.support.other_celery"
APP = OTHER if os.environ.get("TEST_CELERY") == "other" else OURS
# Nobody asks anybody here, so a worker starts in half the time.
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")
# `make coverage` says so to the programs that it starts, and these to theirs.
IS_MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ
MEASURED_SECONDS = 15


class Server:
    """A process that ends with the test run, however that ends."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path, *, name: str
    ) -> None:
        """Start it; its log goes to a file of its own in the directory."""
        file, self._log = mkstemp(prefix=f"{name}-", suffix=".log", dir=directory)
        with os.fdopen(file, "ab") as output:
            self._process = process.start(command, environment=environment, output=output)

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return Path(self._log).read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Of its main process."""
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its main process."""
        self._process.send_signal(number)

    def ending(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End it, and all that it has started, as a crash would."""
        process.kill(self._process)

    def stop(self) -> None:
        """End it when it is no longer needed; where coverage is measured it has time to write what it saw."""
        if IS_MEASURED:
            with suppress(TimeoutExpired):
                self._process.terminate()
                self._process.wait(MEASURED_SECONDS)
        self.kill()

    def wait_for_end(self) -> None:
        """Return when its main process has ended."""
        wait_until(lambda: self._process.poll() is not None, what="the end of a server")

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return when it is ready; fails with its log when it has ended."""
        wait_until(lambda: is_ready() or self._process.poll() is not None, what="the start of a server")
        if self._process.poll() is not None:
            raise RuntimeError(f"A server has ended:\n{self.log}")


class API(Server):
    """The API on a free port."""

    def __init__(
        self, factory: str, environment: Mapping[str, str], directory: Path, options: Sequence[str] = ()
    ) -> None:
        """Start it; `factory` makes the app, `options` are uvicorn's."""
        self.port = free_port()
        command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(self.port)]
        command += [
            "--http",
            "celeriac_api.server.one_write:OneWrite",
            "--no-access-log",
            "--timeout-keep-alive",
            "60",
            *options,
        ]
        super().__init__(command, environment, directory, name="api")

    def client(self) -> httpx.Client:
        """A client of it, with time enough for every wait that a test asks for."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)


def environment(**settings: object) -> dict[str, str]:
    """Ours, with these settings of Celeriac and no other: `redis_url="…"`; and of OpenTelemetry: `otel_traces_exporter="none"`."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CELERIAC_", "OTEL_"))
    }
    given = {
        name.upper() if name.startswith("otel_") else f"CELERIAC_{name.upper()}": str(value)
        for name, value in settings.items()
    }
    path = python_path() if START_METHOD == "fork" else f"{python_path()}{os.pathsep}{SPAWN}"
    return {**inherited, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **given}


def worker_of(directory: Path, *options: str, app: str = APP, **settings: object) -> Server:
    """A worker that was just started; `app` is where Celery finds its app."""
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
    return Server([*command, "--loglevel", "INFO"], environment(**settings), directory, name="worker")


@contextmanager
def running_worker(directory: Path, *options: str, app: str = APP, **settings: object) -> Iterator[Server]:
    """A pool of two that takes tasks."""
    with starting_worker(directory, *options, app=app, **settings) as server:
        server.wait_until(lambda: " ready." in server.log)
        yield server


@contextmanager
def starting_worker(directory: Path, *options: str, app: str = APP, **settings: object) -> Iterator[Server]:
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
