"""`make test` runs the few tests that failed beside others once more, alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT

TESTS = """
from pathlib import Path

import pytest

SEEN = Path(__file__).with_name("seen")

def test_passes():
    pass

def test_fails_beside_others():
    seen = SEEN.exists()
    SEEN.touch()
    assert seen

@pytest.mark.parametrize("case", ["a b", "[c]"])
def test_fails(case):
    assert not Path(__file__).with_name("broken").exists()

@pytest.mark.parametrize("number", range(6))
def test_fails_many_times(number):
    raise ValueError
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A few tests, and no configuration."""
    (tmp_path / "test_few.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def test_one_that_passes_alone_is_named_as_unsteady_and_fails_no_run(project: Path) -> None:
    ended = run(project, "-n2", "-k", "not many")
    assert ended.returncode == 0
    assert "1 failed, 3 passed" in ended.stdout
    assert "passed alone: test_few.py::test_fails_beside_others; mend it" in ended.stdout


def test_one_that_fails_alone_too_fails_the_run(project: Path) -> None:
    (project / "broken").touch()
    ended = run(project, "-n0", "-k", "not many")
    assert ended.returncode == 1
    assert "passed alone: test_few.py::test_fails_beside_others; mend it" in ended.stdout
    assert "failed twice: test_few.py::test_fails[a b]\n" in ended.stdout
    assert "failed twice: test_few.py::test_fails[[c]]\n" in ended.stdout


@pytest.mark.parametrize(
    ("options", "line"),
    [
        pytest.param(["-k", "many"], "6 tests failed: none runs again", id="more than five"),
        pytest.param(["-k", "beside", "-x"], "stopping after 1 failures", id="not all have run"),
    ],
)
def test_none_runs_again_when(options: list[str], line: str, project: Path) -> None:
    ended = run(project, "-n0", *options)
    assert ended.returncode == 1
    assert line in ended.stdout
    assert "alone:" not in ended.stdout


def run(project: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """As `make test` does, in this directory, and with no more plugins than that takes."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.suite.once_more", *options],
        cwd=project,
        env={**ours, **plugins, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
