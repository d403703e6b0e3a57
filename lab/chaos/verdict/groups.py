"""Checks limits of keys against the witness, batches against their tasks, webhooks against ends."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate

from lab.chaos.verdict.evidence import Evidence, Run

# A keeper that is late makes up for this time. More is what the witness rounds, and clocks differ in.
LATE_SECONDS = 0.25 + 0.05


def faults_of_keys(evidence: Evidence) -> Iterator[str]:
    """Keys of which more tasks ran at once than may. Runs that were lost do not count: nobody can stop them."""
    by_key: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for number, item in evidence.items.items():
        if item.key and item.at_most and (run := final_run(evidence, number)):
            by_key[item.key, item.at_most].append(run)
    for (key, limit), runs in by_key.items():
        if (most := _most_at_once(runs)) > limit:
            yield f"{key}: {most} ran at once, of at most {limit}"


def faults_of_rates(evidence: Evidence) -> Iterator[str]:
    """Keys of which more tasks had begun at some moment than may have, since the first was sent."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for number, item in evidence.items.items():
        if item.key and item.rate and number in evidence.sent:
            by_key[item.key].append(number)
    for key, numbers in by_key.items():
        first = min(evidence.sent[number] for number in numbers)
        begins = sorted(
            min(run.started_at for run in runs) for number in numbers if (runs := evidence.runs.get(number))
        )
        for count, begin in enumerate(begins, start=1):
            most = _most_begun(evidence, numbers[0], first, begin)
            if count > most:
                yield f"{key}: {count} had begun {begin - first:.3f} s after the first was sent, of at most {most:.1f}"
                break


def _most_begun(evidence: Evidence, number: int, first: float, until: float) -> float:
    """A burst and what the rate gives; each time that the clock of Valkey was set may have looked like a long time."""
    rate, burst = evidence.items[number].rate or (0.0, 0)
    steps = sum(first <= step <= until for step in evidence.clock_steps)
    return burst + rate * (until - first) + (1 + steps) * rate * LATE_SECONDS + steps * burst


def _most_at_once(runs: Iterable[Run]) -> int:
    changes = sorted(
        change
        for run in runs
        if run.last_line is not None
        for change in ((run.first_line, 1), (run.last_line, -1))
    )
    return max(accumulate(by for _, by in changes), default=0)


def final_run(evidence: Evidence, number: int) -> Run | None:
    """The run to which a task owes its end, if the task is that of this number."""
    document = evidence.document(number)
    if document is None or document["state"] not in ("succeeded", "failed"):
        return None
    if document["state"] == "succeeded" and document["result"]["number"] != number:
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


def faults_of_webhooks(evidence: Evidence) -> Iterator[str]:
    """Tasks whose end was not received, or received as another one."""
    for number, item in evidence.items.items():
        document = evidence.document(number)
        if not item.notify or document is None or not document["ready"]:
            continue
        if document["state"] == "succeeded" and document["result"]["number"] != number:
            continue  # it got the document of another one, which has its own webhooks
        types = evidence.received.get(document["task_id"], set())
        if types != {f"task.{document['state']}"}:
            yield f"{number}: {document['state']}, and the receiver has {sorted(types)}"
