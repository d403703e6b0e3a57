"""Starts clients that listen (lab/bench/load/listening.py), and reads their report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.harness.program import Program
from lab.harness.stage import Stage


@dataclass(frozen=True)
class Heard:
    """How many words were how many milliseconds late, in ascending order; and how many were lost, doubled or early."""

    late: list[tuple[int, int]]
    wrong: int

    @classmethod
    def read(cls, report: Path) -> Self:
        """What listeners have written."""
        figures = json.loads(report.read_text())
        return cls(figures["late_milliseconds"], figures["wrong"])

    @property
    def words(self) -> int:
        """How many there were."""
        return sum(count for _, count in self.late)

    def percentile(self, percent: float) -> float:
        """Nearest rank."""
        rank = self.words * percent / 100
        for value, count in self.late:
            rank -= count
            if rank <= 0:
                return float(value)
        return float("nan")


def listen(stage: Stage, server: Program, paths: Sequence[str], streams: int, report: Path) -> Program:
    """Return when all streams have begun, which are spread over these paths."""
    file = report.with_suffix(".paths")
    file.write_text("\n".join(paths))
    arguments = [str(server.port), str(file), str(streams), str(report)]
    listening = stage.start(["lab.bench.load.listening", *arguments], database=0)
    listening.wait_until_it_says("listening")
    return listening
