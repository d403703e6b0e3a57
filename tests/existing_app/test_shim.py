"""A project without our line gets a ledger by `celery -A celeriac.shim:app`."""

import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from celeriac.ledger.model.states import State
from celeriac.ledger.store import keys
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment
from lab.harness.waiting import wait_until
from tests.existing_app.running.place import PYTHON
from tests.support.connections import close_app

PROJECT = """
import os
from celery import Celery
app = Celery("proj", broker=os.environ["PROJ_REDIS"], backend=os.environ["PROJ_REDIS"])
app.conf.update(broker_connection_retry_on_startup=True, worker_pool_start_method=os.environ.get("PROJ_START", "fork"))
@app.task(name="add")
def add(x, y):
    return x + y
@app.task(name="again")
def again(x):
    return add.delay(x, x).id
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """It knows nothing of Celeriac."""
    (tmp_path / "proj.py").write_text(PROJECT)
    return tmp_path


def variables(project: Path, url: str = "redis://127.0.0.1:1/0", **more: str) -> Mapping[str, str]:
    """Of a program of the project."""
    inherited = environment()
    return {**inherited, "PYTHONPATH": f"{inherited['PYTHONPATH']}:{project}", "PROJ_REDIS": url, **more}


def imported(project: Path, **more: str) -> subprocess.CompletedProcess[str]:
    code = "from celeriac.shim import app; print(app.main, app.celeriac.name, list(app.conf.include))"
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=variables(project, **more), capture_output=True, text=True, check=False
    )


def has_succeeded(redis: Redis, task_id: str) -> bool:
    return redis.hget(keys.record(task_id), "state") == State.SUCCEEDED.encode()


def test_the_shim_installs_for_a_project_that_has_no_line(project: Path) -> None:
    assert imported(project, CELERIAC_APP="proj:app").stdout == "proj proj ['celeriac.shim']\n"


def test_the_shim_says_which_variable_it_needs(project: Path) -> None:
    assert "celeriac.shim needs CELERIAC_APP" in imported(project).stderr


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_worker_of_the_shim_keeps_the_ledger(
    project: Path, own_url: str, own_redis: Redis, start: str
) -> None:
    producer = Celery("producer", broker=own_url, backend=own_url, set_as_current=False)
    result = producer.send_task("again", (2,))
    command = [PYTHON, "-m", "celery", "-A", "celeriac.shim:app", "worker", "-c", "1", *ALONE]
    more = {"CELERIAC_APP": "proj:app", "PROJ_START": start}
    worker = Program(command, variables(project, own_url, **more), project / "log")
    try:
        task_id = result.get(timeout=60)
        assert producer.AsyncResult(task_id).get(timeout=60) == 4
        for each in (result.id, task_id):
            wait_until(partial(has_succeeded, own_redis, each), what=f"the end of {each}")
        assert own_redis.hget(keys.record(task_id), "parent_id") == result.id.encode()
    finally:
        worker.kill()
        close_app(producer)
