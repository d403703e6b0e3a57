"""Prints how many hostile requests came to what, at the end of a run."""

from collections import Counter

import pytest

PROPERTY = "hostile"


class Outcomes:
    """A plugin; tests record the property `hostile` with a group and a status."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write one line for each group."""
        counts: Counter[str] = Counter()
        for reports in terminalreporter.stats.values():
            for report in reports:
                if getattr(report, "when", None) != "call":
                    continue
                counts.update(
                    str(value) for name, value in getattr(report, "user_properties", ()) if name == PROPERTY
                )
        if not counts:
            return
        terminalreporter.section(f"{counts.total()} hostile requests, by group and outcome")
        for group in sorted({outcome.split()[0] for outcome in counts}, key=lambda name: int(name[3:])):
            outcomes = [
                f"{outcome.split()[1]}: {count}"
                for outcome, count in sorted(counts.items())
                if outcome.split()[0] == group
            ]
            terminalreporter.line(f"{group:<6} {', '.join(outcomes)}")
