"""Finds the items of a batch that refer to results which cannot fit."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from celeriac.contract.fit.results import ResultFit
from celeriac.ledger.model.dependencies import When
from celeriac_api.request.submission.references import References, refuse_misfits
from celeriac_api.response.errors import Problem

# How many tasks outside of the batch are looked up for items that are read together; the worker checks the results of the others.
MOST_OTHERS = 1_000


class Referring(NamedTuple):
    """An item that refers to results: its place among those that are read together, and its definition."""

    place: int
    into: str
    when: When
    references: References
    # The definitions of the items of the batch that it names.
    own: Mapping[str, str]

    @property
    def others(self) -> list[str]:
        """The ids of the other tasks to which it refers."""
        return [
            reference.task_id
            for _, reference in self.references
            if not reference.is_batch and reference.task_id not in self.own
        ]


def others_of(items: Sequence[Referring]) -> list[str]:
    """The ids of the tasks outside of the batch to which these refer, each once."""
    return list(dict.fromkeys(task_id for item in items for task_id in item.others))[:MOST_OTHERS]


def first_misfit(
    items: Sequence[Referring], names: Mapping[str, str], fit: ResultFit
) -> tuple[int, Problem] | None:
    """The place of the first that refers to a result which cannot fit, and the refusal; `names` has the definitions of other tasks."""
    for item in items:
        try:
            refuse_misfits(
                item.references, {**names, **item.own}, fit, into=item.into, when=item.when, at="/input"
            )
        except Problem as problem:
            return item.place, problem
    return None
