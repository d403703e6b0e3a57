"""What is known after a trial."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lab.chaos.work.jobs import Item

Document = Mapping[str, Any]


class Run(NamedTuple):
    """A run by the witness: which attempt it was, when it began (seconds since 1970), and in which lines it began and ended."""

    attempt: int
    started_at: float
    first_line: int
    last_line: int | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Ids, times of the submission and what was asked for by number, times at which the clock of Valkey was set, documents and published ends by id, batches and runs by number, ids of all records.

    `received` has the types of the webhooks of each task, by id; `others` has what is wrong beside that: schedules that went on although they were paused, loops that have crashed. `scheduled` has the documents of each schedule's tasks, and `due` how many of its due times have passed. `held` is how many tasks living
    workers ran while Valkey was tried, and `taken` those that they lost to it. `left_over` are keys that should be gone, and `failures` are clients that were refused something.
    """

    accepted: Mapping[int, str]
    sent: Mapping[int, float]
    clock_steps: Sequence[float]
    items: Mapping[int, Item]
    documents: Mapping[str, Document]
    batches: Mapping[int, Document]
    scheduled: Mapping[str, Sequence[Document]]
    due: Mapping[str, int]
    ends: Mapping[str, set[bytes]]
    received: Mapping[str, set[str]]
    others: Sequence[str]
    runs: Mapping[int, Sequence[Run]]
    records: frozenset[str]
    left_over: Sequence[str]
    failures: Sequence[str] = ()
    disasters: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    taken: Sequence[str] = ()
    settled_seconds: float = 0.0

    def document(self, number: int) -> Document | None:
        """Of the task with this number; of one that streams, only the last value is its result."""
        document = self.documents.get(self.accepted.get(number, ""))
        if document is None or not isinstance(document["result"], list):
            return document
        *chunks, result = document["result"]
        return {**document, "result": result, "chunks": chunks}


def runs_of(witness: str) -> dict[int, list[Run]]:
    """By number, in the order in which they began."""
    runs: dict[int, list[Run]] = defaultdict(list)
    for place, line in enumerate(witness.splitlines()):
        word, number, attempt, at = line.split()
        of_task = runs[int(number)]
        if word == "begin":
            of_task.append(Run(int(attempt), float(at), place, None))
            continue
        for index, run in enumerate(of_task):
            if run.attempt == int(attempt) and run.last_line is None:
                of_task[index] = run._replace(last_line=place)
                break
    return runs
