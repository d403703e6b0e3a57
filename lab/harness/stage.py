"""Starts what a measurement needs: a Valkey of its own, servers and workers."""

import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from redis import Redis

from celeriac.serving import APP
from celeriac.stack.errors import CannotStart
from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.process import Process
from celeriac.stack.processes.readiness import wait_until
from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT, python_path
from lab.harness.servers import ALONE, environment

READY_TIMEOUT = timedelta(seconds=30)
POLL_SECONDS = 0.2
UVICORN = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


@dataclass(frozen=True)
class Program:
    """A program that was started; the port is 0 for one that serves none."""

    process: Process
    log: Path
    port: int = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def wait(self) -> None:
        """Return when it listens; `CannotStart` has its log when it has ended."""
        try:
            wait_until(
                lambda: listens(self.port), name="A server", process=self.process, timeout=READY_TIMEOUT
            )
        except CannotStart as refusal:
            raise CannotStart(f"{refusal}\n{self.log.read_text()}") from refusal

    def wait_until_it_says(self, word: str) -> None:
        """Return when its output has this word; `RuntimeError` has all of it when the program ends before."""
        while word not in self.log.read_text():
            if self.process.poll() is not None:
                raise RuntimeError(f"A program has ended and did not say {word!r}:\n{self.log.read_text()}")
            time.sleep(POLL_SECONDS)

    def wait_for_end(self) -> None:
        """Return when it has done its work; `RuntimeError` has its output when it has failed."""
        if self.process.wait():
            raise RuntimeError(f"A program has failed:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End it at once, with all that it has started: nothing that it holds is wanted any more."""
        process.kill(self.process)


class Stage:
    """Use as a context manager. Each contender has a Redis database of its own, by number."""

    def __init__(self, **settings: str) -> None:
        """Further environment variables of all that is started."""
        self._settings = settings

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(TemporaryDirectory(prefix="celeriac-bench-")))
        self._started = 0
        self.valkey = Valkey(self._directory / "valkey")
        self._stack.callback(self.valkey.stop)
        self.valkey.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def redis(self, database: int) -> Redis:
        """A client of a database."""
        client: Redis = self._stack.enter_context(Redis.from_url(self.url(database)))
        return client

    def url(self, database: int) -> str:
        """URL of a database."""
        return f"redis://127.0.0.1:{self.valkey.port}/{database}"

    def celeriac(self, database: int, *, root: Path = ROOT) -> Program:
        """The API of a checkout, as one starts it by hand, when it listens."""
        return self.serve(*APP, database=database, root=root)

    def serve(self, *app: str, database: int = 0, root: Path = ROOT) -> Program:
        """One uvicorn process with this app, when it listens."""
        server = self.launch_server(*app, database=database, root=root)
        server.wait()
        return server

    def launch_server(self, *app: str, database: int = 0, root: Path = ROOT) -> Program:
        """The same, at once."""
        port = free_port()
        command = ["uvicorn", "--port", str(port), *UVICORN, *app]
        return self.start(command, database=database, port=port, root=root)

    def work(self, app: str, *options: str, database: int, root: Path = ROOT) -> Program:
        """A Celery worker with two pool processes, at once."""
        command = ["celery", "-A", app, "worker", "-c", "2", *ALONE, *options]
        return self.start(command, database=database, root=root)

    def start(
        self,
        module: Sequence[str],
        *,
        database: int,
        port: int = 0,
        python: str = sys.executable,
        root: Path = ROOT,
    ) -> Program:
        """Run a Python module of a checkout with arguments on this database. It is stopped with the stage, if not before."""
        self._started += 1
        log = self._directory / f"{self._started}.log"
        with log.open("wb") as output:
            started = process.start(
                [python, "-m", *module],
                environment={**self._environment(database), "PYTHONPATH": python_path(root)},
                output=output,
                directory=root,
            )
        program = Program(started, log, port)
        self._stack.callback(program.stop)
        return program

    def _environment(self, database: int) -> Mapping[str, str]:
        url = self.url(database)
        return {
            **environment(redis_url=url),
            "BENCH_REDIS_URL": url,
            "FLOWER_UNAUTHENTICATED_API": "true",
            **self._settings,
        }


def listens(port: int) -> bool:
    """Whether a server listens there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
