"""Measures in short rounds, so that a disturbance reaches all contenders."""

from collections.abc import Callable, Mapping

from rich.console import Console

from lab.bench.figures import Figures

Measure = Callable[[], Figures]
Results = Mapping[str, list[Figures]]


def take_turns(console: Console, contenders: Mapping[str, Measure], *, rounds: int) -> Results:
    """Measure A, B, C, A, B, C, …; each one's figures by round."""
    results: dict[str, list[Figures]] = {name: [] for name in contenders}
    with console.status("") as status:
        for number in range(1, rounds + 1):
            for name, measure in contenders.items():
                status.update(f"round {number} of {rounds}: {name}")
                results[name].append(measure())
    return results
