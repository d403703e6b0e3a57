"""Whether tasks that exclude each other ran at once, and whether batches count what they have."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from lab.chaos.verdict.evidence import Evidence, Run


def faults_of_keys(evidence: Evidence) -> Iterator[str]:
    """Tasks of one unique key whose last runs overlap: earlier ones were lost, and nobody can stop them."""
    by_key: dict[str, list[Run]] = defaultdict(list)
    for number, item in evidence.items.items():
        if item.unique and (run := final_run(evidence, number)):
            by_key[item.unique].append(run)
    for key, runs in by_key.items():
        runs.sort(key=lambda run: run.first_line)
        if any(
            before.last_line is None or after.first_line < before.last_line
            for before, after in pairwise(runs)
        ):
            yield f"{key}: two ran at once"


def final_run(evidence: Evidence, number: int) -> Run | None:
    """The run to which a task owes its end, if the task is that of this number."""
    document = evidence.document(number)
    if document is None or document["state"] != "succeeded" or document["result"]["number"] != number:
        return None
    runs = evidence.runs.get(number, ())
    return next((run for run in runs if run.attempt == document["attempt"]), None)


def faults_of_batches(evidence: Evidence) -> Iterator[str]:
    """Batches that are not ready at the end, or count otherwise than their tasks."""
    for number, document in evidence.batches.items():
        numbers = [each for each, item in evidence.items.items() if item.batch == number]
        states = Counter(its["state"] for each in numbers if (its := evidence.document(each)))
        counts = {state: count for state, count in document["counts"].items() if count}
        if not document["ready"] or document["total"] != len(numbers) or counts != states:
            yield f"batch {number}: {document['total']} of {len(numbers)}, counted as {counts}, and they are {dict(states)}"
