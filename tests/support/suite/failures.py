"""Prints the name of each failing test at once."""

import pytest


class Failures:
    """A plugin of pytest's."""

    def __init__(self, config: pytest.Config) -> None:
        """Nothing is written yet."""
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called after each phase of a test, in the process that has the terminal too."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None and terminal.verbosity <= 0:
            terminal.write(f"\n{_outcome(report)} {report.nodeid}\n", red=True)


def _outcome(report: pytest.TestReport) -> str:
    return "FAILED" if report.when == "call" else f"ERROR in {report.when} of"
