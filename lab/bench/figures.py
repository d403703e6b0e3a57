"""Computes the few numbers that represent many."""

from collections.abc import Sequence
from statistics import median

# One round's figures of one contender, in the order of its table's columns.
Figures = tuple[float, ...]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least this share of them do not exceed (nearest rank); NaN of none."""
    if not values:
        return float("nan")
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(int(rank), 1) - 1]


def middle(rounds: Sequence[Figures], column: int) -> float:
    """The median of a column over the rounds."""
    return median(figures[column] for figures in rounds)


def ratio(rounds: Sequence[Figures], reference: Sequence[Figures], column: int) -> float:
    """How many times the reference, as the median of the rounds: what slows a round slows both."""
    pairs = zip(rounds, reference, strict=True)
    return median(ours[column] / (theirs[column] or float("nan")) for ours, theirs in pairs)
