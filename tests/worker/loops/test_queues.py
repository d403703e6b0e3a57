"""A pool takes nothing from queues of async tasks; no queue is of both kinds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT
from lab.harness.servers import environment

TASKS = """
from collections.abc import AsyncIterator
from celeriac import task

@task
def computed(x: int) -> int:
    return x

@task(queue="slow")
def slow(x: int) -> int:
    return x

@task
async def fetched(url: str) -> str:
    return url

@task(queue="models")
async def generated(prompt: str) -> AsyncIterator[str]:
    yield prompt
"""

SELECTED = """
import json, sys
from celeriac_worker.app import app

class Worker(app.Worker):
    def setup_instance(self, queues=None, exclude_queues=None, **options):
        self.setup_queues(queues, exclude_queues)

def selected(**options):
    app.amqp.queues._consume_from = None
    app.amqp.queues._default_consume_from = {**app.amqp.queues}
    worker = Worker(app=app, **options)
    return [sorted(app.amqp.queues.consume_from), sorted(worker.loop_queues)]

print(json.dumps({
    "tasks": sorted(name for name in app.tasks if not name.startswith("celery.")),
    "all": selected(),
    "-Q async": selected(queues="async"),
    "-Q default,models": selected(queues="default,models"),
    "-X async,slow": selected(exclude_queues="async,slow"),
}))
"""


def test_a_worker_shares_its_queues_between_its_pool_and_its_loops(tmp_path: Path) -> None:
    printed = python("-c", SELECTED, packages=package(tmp_path, TASKS))
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout) == {
        "tasks": ["celeriac.echo", "celeriac.make_file", "computed", "slow"],
        "all": [["default", "slow"], ["async", "models"]],
        "-Q async": [[], ["async"]],
        "-Q default,models": [["default"], ["models"]],
        "-X async,slow": [["default"], ["models"]],
    }


@pytest.mark.parametrize(
    ("service", "arguments"),
    [("worker", ["celery", "-A", "celeriac_worker.app", "worker"]), ("API", ["celeriac_api"])],
)
def test_a_queue_of_plain_and_async_tasks_stops_the_start(
    tmp_path: Path, service: str, arguments: list[str]
) -> None:
    mixed = package(tmp_path, TASKS.replace('queue="models"', 'queue="slow"'))
    ended = python("-m", *arguments, packages=mixed)
    assert ended.returncode == 2
    assert (ended.stdout + ended.stderr).startswith(
        f"The {service} cannot start.\nQueue 'slow' has the plain task 'slow' and the async task 'generated': "
    )


def package(directory: Path, text: str) -> Path:
    """The directory of a package `kinds`, which consists of this module."""
    (directory / "kinds.py").write_text(text)
    return directory


def python(*arguments: str, packages: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, and with the tasks of this package."""
    variables = environment(tasks="kinds")
    variables["PYTHONPATH"] = f"{packages}:{variables['PYTHONPATH']}"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
