"""Stock Celery beside ours: a program and a worker; CELERY_PYTHON says whose."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log

PYTHON = os.environ.get("CELERY_PYTHON", sys.executable)
PLAIN = Path(__file__).with_name("plain.py")


class CeleryProgram:
    """A Celery program (plain.py) that does what it is asked to. It ends when its input does, so also with us."""

    def __init__(self, redis_url: str, *, results: str | None = None) -> None:
        """Start it on this broker and result backend, or with results elsewhere."""
        self._process = subprocess.Popen(
            [PYTHON, str(PLAIN)],
            env=_environment(redis_url, results),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, action: str, /, **arguments: Any) -> Any:
        """What came of one of plain.py's actions."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([action, arguments]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, f"plain.py ended at {action}; it has said why on stderr"
        return json.loads(answer)

    def end(self) -> None:
        """Close its input, and wait for its end."""
        self._process.communicate()


@contextmanager
def running_program(redis_url: str, *, results: str | None = None) -> Iterator[CeleryProgram]:
    """A Celery program that can be asked."""
    program = CeleryProgram(redis_url, results=results)
    try:
        yield program
    finally:
        program.end()


@contextmanager
def running_stock_worker(directory: Path, *, redis_url: str, results: str | None = None) -> Iterator[Program]:
    """A worker as Celery's own tutorial starts it, that takes tasks."""
    command = [PYTHON, "-m", "celery", "-A", "plain", "--workdir", str(PLAIN.parent), "worker", "-c", "1"]
    server = Program(
        [*command, *ALONE, "--loglevel", "INFO"],
        _environment(redis_url, results),
        new_log(directory, "stock"),
    )
    try:
        server.wait_until(lambda: " ready." in server.log)
        yield server
    finally:
        server.kill()


def _environment(redis_url: str, results: str | None) -> dict[str, str]:
    """Nothing of ours is importable there."""
    where = {"CELERY_URL": redis_url, "CELERY_RESULTS": results or redis_url}
    return {**environment(), "PYTHONPATH": "", **where}
