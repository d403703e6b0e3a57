"""The pytest plug-in leaves nothing behind, and is light where nobody uses it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.processes import descendants, is_alive
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only
from tests.testing.project import environment, pytest_command

TASKS = '''
from celeriac import context, task


@task
def double(number: int) -> int:
    """Twice the number."""
    context.log(f"doubling {number}")
    return 2 * number
'''
HANG = """
import time
from pathlib import Path


def test_hang(celeriac_stack) -> None:
    Path("started").write_text(celeriac_stack.redis_url)
    time.sleep(600)
"""
WITHOUT_EXTRAS = """
import sys

sys.modules.update(celery=None, fastapi=None)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one task and a configuration of pytest."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "jobs.py").write_text(TASKS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = src\nceleriac_tasks = src/jobs.py\n")
    return tmp_path


@linux_only
def test_nothing_outlives_tests_that_are_killed(project: Path) -> None:
    (project / "test_hang.py").write_text(HANG)
    with (project / "output").open("wb") as output:
        run = subprocess.Popen(pytest_command(), cwd=project, env=environment(), stdout=output, stderr=output)
        try:
            wait_until(lambda: (project / "started").exists() or run.poll() is not None)
            assert run.poll() is None, (project / "output").read_text()
            services = descendants(run.pid)
        finally:
            run.send_signal(signal.SIGKILL)
            run.wait()
    assert {"valkey-server", "celeriac_worker", "celeriac_api"} <= {
        name
        for service in services
        for name in ("valkey-server", "celeriac_worker", "celeriac_api")
        if name in service.command
    }
    wait_until(lambda: not any(is_alive(service.pid) for service in services))


def test_a_missing_extra_is_named(project: Path) -> None:
    (project / "conftest.py").write_text(WITHOUT_EXTRAS)
    (project / "test_jobs.py").write_text(
        "def test_through_the_stack(celeriac_stack): ...\n\n"
        "def test_alone():\n    from celeriac.testing import run_task\n"
    )
    run = subprocess.run(
        pytest_command(), cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    words = "needs packages that are not installed (fastapi, celery): pip install 'celeriac[all]'"
    assert f"\nThe fixture celeriac_stack {words}\n" in run.stdout
    assert f"MissingExtra: celeriac.testing.run_task {words}\n" in run.stdout


def test_who_has_no_tasks_is_told_where_to_name_them(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_jobs.py").write_text("def test_through_the_stack(celeriac_stack): ...\n")
    run = subprocess.run(
        pytest_command(), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (
        f"\n{tmp_path} contains neither tasks.py nor tasks/. Name your tasks in the configuration"
        in run.stdout
    )


def test_pytest_loads_nothing_else_with_the_plug_in() -> None:
    program = "import sys, pytest; before = set(sys.modules); import celeriac.testing.plugin; print(*set(sys.modules) - before)"
    loaded = subprocess.check_output([sys.executable, "-c", program], env=environment(), text=True).split()
    assert sorted(loaded) == [
        "celeriac",
        "celeriac.testing",
        "celeriac.testing.extras",
        "celeriac.testing.plugin",
    ]
