"""Prints results as a table with ratios to a reference, and the goals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from lab.bench.figures import Figures, middle, ratio
from lab.bench.rounds import Results


@dataclass(frozen=True)
class Column:
    """A figure of each contender; `form` is its format (format specification mini-language)."""

    title: str
    form: str = ",.0f"


@dataclass(frozen=True)
class Goal:
    """A number that is to be at least, or at most, this bound."""

    text: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the number is within its bounds."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def show(
    console: Console, title: str, columns: Sequence[Column], results: Results, *, reference: str
) -> None:
    """The medians of all rounds, each with its ratio to the reference's."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right")
    for name, rounds in results.items():
        cells = [_cell(rounds, results[reference], number, column) for number, column in enumerate(columns)]
        table.add_row(name, *cells)
    console.print(table)
    console.print(f"[dim]× is the ratio to: {reference}. Medians of {len(results[reference])} rounds.[/dim]")


def judge(console: Console, *goals: Goal) -> None:
    """Say of each goal whether it is reached."""
    for goal in goals:
        mark = "[green]reached[/green]" if goal.reached else "[red]missed [/red]"
        bound = f"at most {goal.at_most:g}" if goal.at_least is None else f"at least {goal.at_least:g}"
        console.print(f"{mark}  {goal.text}: {goal.value:.2f} ({bound})")
    console.print()


def _cell(rounds: list[Figures], reference: list[Figures], number: int, column: Column) -> str:
    times = ratio(rounds, reference, number)
    text = "" if math.isnan(times) else f"{times:.2f}×"
    return f"{middle(rounds, number):{column.form}} [dim]{text:>7}[/dim]"
