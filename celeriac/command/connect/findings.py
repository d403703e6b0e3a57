"""What `celeriac doctor` finds out: one finding for each check."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from celeriac.command.output.column import Column
from celeriac.command.output.exit_codes import ExitCode


class Verdict(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"
    NOTE = "note"


COLOURS = {
    Verdict.OK: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.SKIP: "dim",
    Verdict.NOTE: "dim",
}


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it."""

    verdict: Verdict
    text: str
    advice: str = ""
    # Of the command, if this is the first failure.
    exit_code: ExitCode = ExitCode.FAILED
    check: str = ""

    def of(self, check: str) -> "Finding":
        """The same, with the name of its check."""
        return replace(self, check=check)

    def document(self) -> Mapping[str, Any]:
        """As JSON."""
        return {
            "check": self.check,
            "verdict": self.verdict.value,
            "finding": self.text,
            "advice": self.advice or None,
        }


def ok(text: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, text)


def warning(text: str, advice: str = "") -> Finding:
    """It works, but perhaps not as it should."""
    return Finding(Verdict.WARN, text, advice)


def failure(text: str, advice: str = "", exit_code: ExitCode = ExitCode.FAILED) -> Finding:
    """It does not work."""
    return Finding(Verdict.FAIL, text, advice, exit_code)


def skipped(text: str) -> Finding:
    """It could not be checked."""
    return Finding(Verdict.SKIP, text)


def note(text: str) -> Finding:
    """It is so, and to be known."""
    return Finding(Verdict.NOTE, text)


COLUMNS: list[Column[Finding]] = [
    Column("", lambda finding: finding.verdict.value, style=lambda finding: COLOURS[finding.verdict]),
    Column("CHECK", lambda finding: finding.check),
    Column("FINDING", lambda finding: " ".join(filter(None, (finding.text, finding.advice)))),
]
