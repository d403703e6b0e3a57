"""Runs the few tests that failed beside others once more, each alone.

A plugin of pytest's, which `make test` loads (docs/decisions/0015-once-more-alone.md).
"""

import subprocess
import sys
from collections.abc import Generator, Iterable
from typing import Any

import pytest

# More failures than this have a cause that is no accident.
MOST = 5


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
    """When all has run, and its summary is printed; the processes that run tests for this one have no terminal."""
    answer = yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    output = session.config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or output is None or exitstatus != pytest.ExitCode.TESTS_FAILED or session.shouldfail:
        return answer
    failed = _names(terminal.stats.get("failed", []) + terminal.stats.get("error", []))
    terminal.section("once more, alone")
    if len(failed) > MOST:
        terminal.write_line(f"{len(failed)} tests failed: none runs again, for they are more than {MOST}")
        return answer
    with output.global_and_fixture_disabled():
        passed = {name: _passes_alone(name) for name in failed}
    terminal.section("unsteady" if all(passed.values()) else "failed")
    for name, steady in passed.items():
        terminal.write_line(f"passed alone: {name}; mend it" if steady else f"failed twice: {name}")
    if all(passed.values()):
        session.exitstatus = pytest.ExitCode.OK
    return answer


def _names(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Each test once, though it failed and its teardown did, too."""
    return list(dict.fromkeys(report.nodeid for report in reports))


def _passes_alone(name: str) -> bool:
    """Whether it passes in a process of its own, whatever was asked to be left out."""
    return (
        subprocess.run([sys.executable, "-m", "pytest", "-n0", "-q", "-m", "", name], check=False).returncode
        == 0
    )
