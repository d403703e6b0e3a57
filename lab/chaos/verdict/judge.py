"""Counts the evidence of a trial, and prints a table of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.table import Table

from celeriac.ledger.model.states import FINAL
from lab.chaos.verdict.evidence import Evidence, Run
from lab.chaos.verdict.groups import (
    faults_of_batches,
    faults_of_keys,
    faults_of_rates,
    faults_of_webhooks,
)
from lab.chaos.verdict.truth import fault_of, fault_of_run

ENDS = frozenset(state.value for state in FINAL)


@dataclass(frozen=True)
class Verdict:
    """How many of what; `wrong`, `taken` and others have a sentence for each task, or the name of a key."""

    accepted: int
    scheduled: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    double_ended: tuple[str, ...]
    wrong: tuple[str, ...]
    held: int
    taken: tuple[str, ...]
    left_over: tuple[str, ...]
    failures: tuple[str, ...]
    states: Mapping[str, int]
    runs_mean: float
    runs_most: int
    slowest_recovery: float
    disasters: int
    settled_seconds: float

    @property
    def harm(self) -> dict[str, tuple[str, ...]]:
        """What is to be empty: tasks lost, doubled, ended twice, told wrongly, taken from a worker that lives; and keys left over."""
        return {
            "lost": self.lost,
            "doubled": self.doubled,
            "ended twice": self.double_ended,
            "wrong": self.wrong,
            "taken from a living worker": self.taken,
            "left over": self.left_over,
            "refused": self.failures,
        }

    @property
    def holds(self) -> bool:
        """Whether there is no harm."""
        return not any(self.harm.values())


def judge(evidence: Evidence) -> Verdict:
    """Account for every task."""
    documents = [document for number in evidence.accepted if (document := evidence.document(number))]
    states = [str(document["state"]) for document in documents]
    counts = [len(runs) for runs in evidence.runs.values()]
    return Verdict(
        accepted=len(evidence.accepted),
        scheduled=sum(map(len, evidence.scheduled.values())),
        lost=tuple(_lost(evidence)),
        doubled=tuple(_doubled(evidence)),
        double_ended=tuple(task_id for task_id, ends in evidence.ends.items() if len(ends) > 1),
        wrong=tuple(_wrong(evidence)),
        held=evidence.held,
        taken=tuple(evidence.taken),
        left_over=tuple(evidence.left_over),
        failures=tuple(evidence.failures),
        states={state: states.count(state) for state in sorted(set(states))},
        runs_mean=sum(counts) / max(1, len(counts)),
        runs_most=max(counts, default=0),
        slowest_recovery=max(
            (_longest_gap(runs) for number, runs in evidence.runs.items() if number >= 0), default=0.0
        ),
        disasters=sum(evidence.disasters.values()),
        settled_seconds=evidence.settled_seconds,
    )


def table(verdicts: Mapping[int, Verdict]) -> Table:
    """One row for each seed."""
    titles = (
        "seed accepted scheduled lost doubled double-ended wrong held taken left ended runs/task most recovery "
        "disasters settled"
    )
    table = Table(title="Every task accounted for")
    for title in titles.split():
        table.add_column(title, justify="right")
    for seed, verdict in verdicts.items():
        ends = ", ".join(f"{count} {state}" for state, count in verdict.states.items())
        table.add_row(
            str(seed),
            str(verdict.accepted),
            str(verdict.scheduled),
            str(len(verdict.lost)),
            str(len(verdict.doubled)),
            str(len(verdict.double_ended)),
            str(len(verdict.wrong)),
            str(verdict.held),
            str(len(verdict.taken)),
            str(len(verdict.left_over)),
            ends,
            f"{verdict.runs_mean:.3f}",
            str(verdict.runs_most),
            f"{verdict.slowest_recovery:.1f} s",
            str(verdict.disasters),
            f"{verdict.settled_seconds:.1f} s",
        )
    return table


def _lost(evidence: Evidence) -> Iterator[str]:
    for number in evidence.items:
        document = evidence.document(number)
        if document is None or document["state"] not in ENDS:
            yield f"{number} ({evidence.accepted.get(number)}): {document['state'] if document else 'unknown'}"
    for name, documents in evidence.scheduled.items():
        if len(documents) < evidence.due[name]:
            yield f"{name}: {len(documents)} tasks for {evidence.due[name]} due times"
        yield from (
            f"{name}: {document['task_id']} is {document['state']}"
            for document in documents
            if document["state"] not in ENDS
        )


def _doubled(evidence: Evidence) -> Iterator[str]:
    scheduled = {document["task_id"] for documents in evidence.scheduled.values() for document in documents}
    yield from sorted(evidence.records - set(evidence.accepted.values()) - scheduled)
    for name, documents in evidence.scheduled.items():
        if len(documents) > evidence.due[name]:
            yield f"{name}: {len(documents)} tasks for {evidence.due[name]} due times"


def _wrong(evidence: Evidence) -> Iterator[str]:
    for number in evidence.accepted:
        if sentence := fault_of(evidence, number):
            yield f"{number}: {sentence}"
    for name, documents in evidence.scheduled.items():
        number = -int(name.rpartition("-")[2]) - 1
        for document in documents:
            if document["ready"] and (sentence := fault_of_run(document, evidence.runs.get(number, ()))):
                yield f"{name}: {sentence}"

    yield from faults_of_keys(evidence)
    yield from faults_of_rates(evidence)
    yield from faults_of_batches(evidence)
    yield from faults_of_webhooks(evidence)
    yield from evidence.others


def _longest_gap(runs: Sequence[Run]) -> float:
    """From the beginning of a run that was lost to that of the next, so with the time that the first had run."""
    starts = sorted(run.started_at for run in runs)
    return max((after - before for before, after in pairwise(starts)), default=0.0)
