"""Starts what a measurement needs: a Valkey of its own, servers and workers."""

import runpy
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from redis import Redis

from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT, python_path
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment

UVICORN = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


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
        return self.serve(*options_of_app(root), database=database, root=root)

    def serve(self, *app: str, database: int = 0, root: Path = ROOT) -> Program:
        """One uvicorn process with this app, when it listens."""
        server = self.launch_server(*app, database=database, root=root)
        server.wait_until_it_listens()
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
        program = Program(
            [python, "-m", *module],
            {**self._environment(database), "PYTHONPATH": python_path(root)},
            log,
            port=port,
            directory=root,
        )
        self._stack.callback(program.stop)
        return program

    def _environment(self, database: int) -> Mapping[str, str]:
        url = self.url(database)
        return {
            **environment(redis_url=url),
            "PYTHONDONTWRITEBYTECODE": "",  # compiling anew at each start is not what people do
            "BENCH_REDIS_URL": url,
            "FLOWER_UNAUTHENTICATED_API": "true",
            **self._settings,
        }


def options_of_app(root: Path) -> tuple[str, ...]:
    """The options of uvicorn that name the app and the protocol of a checkout, where they may have other names."""
    places = (root / "celeriac" / "stack" / "serving.py", root / "celeriac" / "serving.py")
    options: tuple[str, ...] = runpy.run_path(str(next(filter(Path.is_file, places))))["APP"]
    return options
