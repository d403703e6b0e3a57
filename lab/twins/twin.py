"""Starts the sample app: its workers, its beat and its publisher, stock or plugged."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log

# Of the tested Celery.
PYTHON = os.environ.get("CELERY_PYTHON", sys.executable)
APP = "lab.sample_app"
QUEUES = ("celery", "reports", "eu", "us")
CONCURRENCY = {"prefork": 4, "threads": 8, "solo": 1, "gevent": 20, "eventlet": 20}


@dataclass(frozen=True)
class Twin:
    """The app in one Redis database. `plugged` is whether it has the line; a publisher may differ from its worker."""

    redis_url: str
    directory: Path
    pool: str = "prefork"
    plugged: bool = False
    settings: dict[str, Any] = field(default_factory=dict)  # of Celery, other than the app's
    variables: dict[str, str] = field(default_factory=dict)  # of the environment

    @contextmanager
    def running_worker(self, *options: str) -> Iterator[Program]:
        """A worker that takes tasks of all queues."""
        worker = self.worker(*options)
        try:
            worker.wait_until(lambda: " ready." in worker.log)
            yield worker
        finally:
            worker.kill()

    def worker(self, *options: str) -> Program:
        """A worker that was just started."""
        command = [
            *(
                PYTHON,
                "-m",
                "celery",
                "-A",
                APP,
                "worker",
                "-P",
                self.pool,
                "-c",
                str(CONCURRENCY[self.pool]),
            ),
            *("-Q", ",".join(QUEUES), "--loglevel", "INFO", *ALONE, *options),
        ]
        return Program(command, self.environment(), new_log(self.directory, f"{self.name}-worker"))

    @contextmanager
    def running_beat(self) -> Iterator[Program]:
        """A beat that sends what is due."""
        schedule = self.directory / f"{self.name}-schedule"
        command = [
            PYTHON,
            "-m",
            "celery",
            "-A",
            APP,
            "beat",
            "--schedule",
            str(schedule),
            "--loglevel",
            "INFO",
        ]
        beat = Program(command, self.environment(), new_log(self.directory, f"{self.name}-beat"))
        try:
            yield beat
        finally:
            beat.kill()

    def publish(self, *names: str, plugged: bool | None = None, trail: str = "") -> dict[str, Any]:
        """What the publisher has seen of each case of the pool, or of these; it is plugged as the worker is unless that is said.

        `trail` keeps apart what several publishers cause in one database.
        """
        plugged = self.plugged if plugged is None else plugged
        seen = self.program("lab.twins.publisher", self.pool, trail, *names, plugged=plugged)
        if seen["imported"] != plugged:
            raise RuntimeError(f"celeriac was {'' if seen['imported'] else 'not '}imported")
        cases: dict[str, Any] = seen["seen"]
        return cases

    def program(self, module: str, *arguments: str, plugged: bool) -> Any:
        """What a module prints, as JSON, when it runs with the app."""
        completed = subprocess.run(
            [PYTHON, "-m", module, *arguments],
            env=self.environment(plugged=plugged),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(completed.stdout)

    def environment(self, *, plugged: bool | None = None) -> dict[str, str]:
        """The variables of a program of this twin."""
        return {
            **environment(),
            **({"SAMPLE_PLUGGED": "1"} if (self.plugged if plugged is None else plugged) else {}),
            "SAMPLE_BROKER": self.redis_url,
            "SAMPLE_CONF": json.dumps(self.settings),
            **self.variables,
        }

    @property
    def name(self) -> str:
        """For its files."""
        return "plugged" if self.plugged else "stock"


@contextmanager
def both(stock: Twin, plugged: Twin) -> Iterator[None]:
    """The workers of both."""
    workers = [twin.worker() for twin in (stock, plugged)]
    with ExitStack() as stack:
        for worker in workers:
            stack.callback(worker.kill)
        for worker in workers:
            worker.wait_until(lambda worker=worker: " ready." in worker.log)  # type: ignore[misc]  # mypy sees no type there
        yield
