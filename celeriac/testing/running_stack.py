"""Starts Valkey, a worker and the API for a test, and ends them after it."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from celeriac.client.client import AsyncClient, Client
from celeriac.command.task_place import TaskPlace, find_place
from celeriac.stack.errors import CannotStart
from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.process import Process
from celeriac.stack.processes.readiness import answers_over_http, wait_until
from celeriac.stack.valkey import Valkey
from celeriac.testing.in_process import InProcess, api_in_process

GRACE = timedelta(seconds=10)
LAST_LINES = 15
# With a key of its own, a client looks for none in the environment and in profiles. An API without keys ignores it.
NO_KEY = "none"  # as good as any
# What the shell has of these could lead to servers that are not the test's.
FOREIGN = ("CELERIAC_", "OTEL_")
SETTINGS = {
    "CELERIAC_API_GRACE": "1",
    "CELERIAC_CONCURRENCY": "2",
    "CELERIAC_SHOW_TRACEBACKS": "true",
    "CELERIAC_SHUTDOWN_GRACE": "0.1",
}


@dataclass(frozen=True)
class Stack:
    """A running Valkey, worker and API: `url` is that of the API, `redis_url` that of its Redis.

    `directory` contains the data, and a log of each service.
    """

    url: str
    redis_url: str
    directory: Path
    _variables: Mapping[str, str] = field(repr=False)
    _transport: InProcess | None = field(default=None, repr=False)

    def client(self, *, key: str = NO_KEY) -> Client:
        """A client of the API. It needs a key only if `settings` name keys."""
        return Client(self.url, key=key, transport=self._transport)

    def async_client(self, *, key: str = NO_KEY) -> AsyncClient:
        """The same for one event loop."""
        return AsyncClient(self.url, key=key, transport=self._transport)

    @contextmanager
    def in_process(self) -> "Iterator[Stack]":
        """The same stack with a second API in this process, for breakpoints and coverage; only its clients reach it.

        Its answers come whole: the events of a task arrive at its end, and those of all tasks never.
        """
        with api_in_process(self._variables) as transport:
            yield replace(self, _transport=transport)


@contextmanager
def stack(
    tasks: str | Path | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Iterator[Stack]:
    """Valkey, a worker and the API with these tasks, on free ports of this machine; all ends with the block, or with this process.

    `tasks` is a file, a folder or a module; by default tasks.py or tasks/ here. The settings are the defaults and `settings`
    (`{"CELERIAC_MAX_RESULT_BYTES": "1000"}`): variables of the environment do not count, so no test reaches another Redis.
    The data is in a temporary directory, or in `directory`.
    """
    with ExitStack() as ending:
        place = directory or Path(ending.enter_context(TemporaryDirectory(prefix="celeriac-")))
        valkey = ending.enter_context(Valkey(place / "valkey", options={"appendfsync": "no"}))
        port = free_port()
        variables = _environment(_place_of(tasks), valkey.url, port) | dict(settings or {})
        worker = _Service("worker", ["-m", "celeriac_worker"], variables, place)
        ending.callback(worker.stop)
        api = _Service("api", ["-m", "celeriac_api"], variables, place)
        ending.callback(api.stop)
        ending.callback(worker.terminate)  # while the API ends
        worker.wait_until(lambda: " ready." in worker.log)
        api.wait_until(lambda: answers_over_http("127.0.0.1", port, "/livez"))
        yield Stack(f"http://127.0.0.1:{port}", valkey.url, place, variables)


def _place_of(tasks: str | Path | None) -> TaskPlace:
    """Several modules are separated by commas, as in CELERIAC_TASKS."""
    name = None if tasks is None else str(tasks)
    return TaskPlace(name, Path.cwd()) if name and "," in name else find_place(name)


def _environment(place: TaskPlace, redis_url: str, port: int) -> dict[str, str]:
    """That of the services, which find the tasks, and all that the test can import."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    paths = [str(place.root), *(path or str(Path.cwd()) for path in sys.path)]
    return {
        **inherited,
        **SETTINGS,
        "CELERIAC_TASKS": place.module,
        "CELERIAC_REDIS_URL": redis_url,
        "CELERIAC_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }


class _Service:
    """A process of Python, with its log in a file."""

    def __init__(self, name: str, options: list[str], variables: dict[str, str], directory: Path) -> None:
        self._name = name
        self._log = directory / f"{name}.log"
        with self._log.open("ab") as output:
            self._process: Process = process.start(
                [sys.executable, *options], environment=variables, output=output
            )

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return self._log.read_text(errors="replace")

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return when it is ready; `CannotStart` contains the end of its log."""
        try:
            wait_until(is_ready, name=f"The {self._name}", process=self._process)
        except CannotStart as refusal:
            lines = self.log.splitlines()[-LAST_LINES:]
            raise CannotStart("\n".join([f"{refusal} Its last lines:", *lines])) from None

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def stop(self) -> None:
        """Wait until it has ended."""
        process.stop(self._process, grace=GRACE)
