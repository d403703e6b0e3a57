"""Finds what grew: compares the last third of the samples with the second."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from rich.table import Table

from lab.soak.sample import Sample

# Allowed in a third of the run: so much of it, or so much in MiB or things.
SHARE, AMOUNT = 0.1, 10.0


@dataclass(frozen=True)
class Growth:
    """Medians by the fields of a sample, and the fields that grew by more than is allowed."""

    before: dict[str, float]
    after: dict[str, float]
    alarms: tuple[str, ...]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        """Compare thirds; there is nothing to compare in fewer than three."""
        third = max(1, len(samples) // 3)
        before, after = _medians(samples[third : 2 * third] or samples), _medians(samples[-third:])
        grown = [name for name in before if after[name] - before[name] > max(AMOUNT, SHARE * before[name])]
        return cls(before, after, tuple(grown))


def table(samples: Sequence[Sample], growth: Growth) -> Table:
    """One line for each field."""
    growth_table = Table(
        "", "first", "second third", "last third", "most", "", title="Soak", title_justify="left"
    )
    for name in Sample._fields:
        values = [getattr(sample, name) for sample in samples]
        alarm = "[red]grows[/red]" if name in growth.alarms else "[green]level[/green]"
        numbers = (values[0], growth.before[name], growth.after[name], max(values))
        growth_table.add_row(_words(name), *(f"{number:,.0f}" for number in numbers), alarm)
    return growth_table


def _medians(samples: Sequence[Sample]) -> dict[str, float]:
    return {name: median(getattr(sample, name) for sample in samples) for name in Sample._fields}


def _words(name: str) -> str:
    return (
        name.replace("_", " ")
        .replace("memory", "memory, MiB")
        .replace("api", "API")
        .replace("redis", "Redis")
    )
