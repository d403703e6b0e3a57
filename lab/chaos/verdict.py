"""Counts the evidence of a trial, and prints a table of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from rich.table import Table

from celeriac.ledger.model.states import FINAL

ENDS = frozenset(state.value for state in FINAL)


class Run(NamedTuple):
    """One line of the witness: which attempt it was, and when it began (seconds since 1970)."""

    attempt: int
    started_at: float


@dataclass(frozen=True)
class Evidence:
    """What is known after a trial: ids by number, documents and published ends by id, runs by number, records in all.

    `held` is how many tasks living workers ran while Valkey was tried, and `taken` those that they lost to it.
    """

    accepted: Mapping[int, str]
    documents: Mapping[str, Mapping[str, Any]]
    ends: Mapping[str, set[bytes]]
    runs: Mapping[int, Sequence[Run]]
    records: int
    disasters: Mapping[str, int]
    held: int
    taken: Sequence[str]
    settled_seconds: float


@dataclass(frozen=True)
class Verdict:
    """How many of what. `wrong` has a sentence for each task whose state is not true, `taken` one for each that was taken."""

    accepted: int
    lost: tuple[str, ...]
    doubled: int
    double_ended: tuple[str, ...]
    wrong: tuple[str, ...]
    held: int
    taken: tuple[str, ...]
    states: Mapping[str, int]
    runs_mean: float
    runs_most: int
    slowest_recovery: float
    disasters: int
    settled_seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, ended twice, told wrongly, or taken from a worker that lives."""
        return not (self.lost or self.doubled or self.double_ended or self.wrong or self.taken)


def judge(evidence: Evidence) -> Verdict:
    """Account for every task."""
    documents = {number: evidence.documents.get(task_id) for number, task_id in evidence.accepted.items()}
    known_documents = {number: document for number, document in documents.items() if document is not None}
    states = [str(document["state"]) for document in known_documents.values()]
    counts = [len(runs) for runs in evidence.runs.values()]
    return Verdict(
        accepted=len(evidence.accepted),
        lost=tuple(
            f"{number}: {document['state'] if document else 'unknown'}"
            for number, document in documents.items()
            if document is None or document["state"] not in ENDS
        ),
        doubled=evidence.records - len(evidence.accepted),
        double_ended=tuple(task_id for task_id, ends in evidence.ends.items() if len(ends) > 1),
        wrong=tuple(
            f"{number}: {sentence}"
            for number, document in known_documents.items()
            if (sentence := _fault(document, evidence.runs.get(number, ())))
        ),
        held=evidence.held,
        taken=tuple(evidence.taken),
        states={state: states.count(state) for state in sorted(set(states))},
        runs_mean=sum(counts) / max(1, len(counts)),
        runs_most=max(counts, default=0),
        slowest_recovery=max((_longest_gap(runs) for runs in evidence.runs.values()), default=0.0),
        disasters=sum(evidence.disasters.values()),
        settled_seconds=evidence.settled_seconds,
    )


def table(verdicts: Mapping[int, Verdict]) -> Table:
    """One row for each seed."""
    titles = "seed accepted lost doubled double-ended wrong held taken ended runs/task most recovery disasters settled".split()
    table = Table(title="Every task accounted for")
    for title in titles:
        table.add_column(title, justify="right")
    for seed, verdict in verdicts.items():
        ends = ", ".join(f"{count} {state}" for state, count in verdict.states.items())
        table.add_row(
            str(seed),
            str(verdict.accepted),
            str(len(verdict.lost)),
            str(verdict.doubled),
            str(len(verdict.double_ended)),
            str(len(verdict.wrong)),
            str(verdict.held),
            str(len(verdict.taken)),
            ends,
            f"{verdict.runs_mean:.3f}",
            str(verdict.runs_most),
            f"{verdict.slowest_recovery:.1f} s",
            str(verdict.disasters),
            f"{verdict.settled_seconds:.1f} s",
        )
    return table


def _fault(document: Mapping[str, Any], runs: Sequence[Run]) -> str | None:
    """What is not true of this document, in view of the witness."""
    attempts = {run.attempt for run in runs}
    match document["state"]:
        case "succeeded" if document["attempt"] not in attempts:
            return f"succeeded in attempt {document['attempt']}, and the witness has {sorted(attempts)}"
        case "succeeded" if document["result"]["attempt"] != document["attempt"]:
            return f"attempt {document['attempt']} has the result of {document['result']['attempt']}"
        case "cancelled" if document["attempt"] == 0 and runs:
            return "cancelled before its start, and it ran"
        case "failed" | "expired":
            return f"{document['state']}: {document['error']}"
        case _:
            return None


def _longest_gap(runs: Sequence[Run]) -> float:
    """From the beginning of a run that was lost to that of the next, so with the time that the first had run."""
    starts = sorted(run.started_at for run in runs)
    return max((after - before for before, after in pairwise(starts)), default=0.0)
