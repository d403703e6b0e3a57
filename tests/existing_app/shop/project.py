"""Starts the programs of the Django shop on a database of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.harness.checkout import ROOT, python_path
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log

SHOP = ROOT / "examples" / "django_shop"
# What Django's own test client does, in a process of its own.
ORDER = """
import json, sys, django
django.setup()
from django.test import Client
print(Client().post('/orders/', json.dumps({'article': 'chair', 'price': '19.90'}), content_type='application/json').content.decode())
"""


@dataclass(frozen=True)
class Shop:
    """The project, with its tables and its messages."""

    redis_url: str
    directory: Path

    def run(self, *arguments: str) -> str:
        """What a program of the project prints."""
        completed = subprocess.run(
            [sys.executable, *arguments],
            cwd=SHOP,
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return completed.stdout

    @contextmanager
    def running(self, program: str, *options: str) -> Iterator[Program]:
        """A worker, or a beat."""
        command = [sys.executable, "-m", "celery", "-A", "shop", program, "--loglevel", "INFO", *options]
        log = new_log(self.directory, f"shop-{program}")
        server = Program(command, self._environment(), log, directory=SHOP)
        try:
            yield server
        finally:
            server.kill()

    @contextmanager
    def running_worker(self) -> Iterator[Program]:
        """A worker that takes tasks."""
        with self.running("worker", "-c", "2", "-Q", "celery,reports", *ALONE) as worker:
            worker.wait_until(lambda: " ready." in worker.log)
            yield worker

    def _environment(self) -> dict[str, str]:
        return {
            **environment(),
            "PYTHONPATH": python_path(),
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "REDIS_URL": self.redis_url,
            "SHOP_DATABASE": str(self.directory / "shop.sqlite3"),
        }
