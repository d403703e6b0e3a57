"""The pytest plug-in serves the tests of a project, alone and side by side."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.checkout import python_path
from lab.harness.processes import descendants, is_alive
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only

TASKS = '''
from celeriac import context, task


@task
def double(number: int) -> int:
    """Twice the number."""
    context.log(f"doubling {number}")
    return 2 * number
'''
TESTS = """
from pathlib import Path

import pytest

from celeriac import AsyncClient, Client
from celeriac.client.errors import InvalidInput
from celeriac.testing import Stack, run_task
from jobs import double


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_alone() -> None:
    assert run_task(double, number=4).log == ["doubling 4"]


@pytest.mark.parametrize("number", range(2))
def test_through_the_stack(number: int, celeriac_client: Client, celeriac_stack: Stack) -> None:
    assert celeriac_client.run("double", number=number) == 2 * number
    Path("urls").mkdir(exist_ok=True)
    Path("urls", celeriac_stack.url.rpartition(":")[2]).touch()


@pytest.mark.anyio
async def test_with_asyncio(celeriac_async_client: AsyncClient) -> None:
    async with celeriac_async_client as client:
        assert await client.run("double", number=4) == 8


@pytest.mark.anyio
async def test_with_an_api_in_this_process(celeriac_stack: Stack) -> None:
    with celeriac_stack.in_process() as here:
        with here.client() as client:
            task = client.submit("double", number=5)
            assert task.result() == 10
            assert [type(event).__name__ for event in task.events()][-2:] == ["StateChange", "Done"]
        async with here.async_client() as client:
            assert await client.run("double", number=6) == 12
            with pytest.raises(InvalidInput):
                await client.run("double", number="6")
"""
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


def test_each_process_of_tests_has_a_stack_with_the_tasks_of_the_project(project: Path) -> None:
    (project / "test_jobs.py").write_text(TESTS)
    run = subprocess.run(
        pytest_command("-p", "anyio", "-p", "xdist", "-n", "2"),
        cwd=project,
        # A shell that knows a production system.
        env=environment()
        | {"CELERIAC_REDIS_URL": "redis://production:6379", "CELERIAC_KEYS_FILE": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed" in run.stdout, run.stdout + run.stderr
    assert len(list((project / "urls").iterdir())) == 2


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
    words = "needs fastapi, celery, which is not installed: pip install 'celeriac[all]'"
    assert f"\nThe fixture celeriac_stack {words}\n" in run.stdout
    assert f"MissingExtra: celeriac.testing.run_task {words}\n" in run.stdout


def test_pytest_loads_nothing_else_with_the_plug_in() -> None:
    program = "import sys, pytest; before = set(sys.modules); import celeriac.testing.plugin; print(*set(sys.modules) - before)"
    loaded = subprocess.check_output([sys.executable, "-c", program], env=environment(), text=True).split()
    assert sorted(loaded) == [
        "celeriac",
        "celeriac.testing",
        "celeriac.testing.extras",
        "celeriac.testing.plugin",
    ]


def pytest_command(*options: str) -> list[str]:
    """Pytest with this plug-in, which an installed celeriac announces, and without those of other packages."""
    return [sys.executable, "-m", "pytest", "-p", "celeriac.testing.plugin", *options]


def environment() -> dict[str, str]:
    """Ours, for pytest in another project."""
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "PORTS_"))
    }
    return {**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": python_path()}
