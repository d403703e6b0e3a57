"""Compares a document with the witness and with the tasks that it waited for."""

from collections.abc import Sequence

from lab.chaos.tasks.loop_witness import CHUNKS
from lab.chaos.verdict.evidence import Document, Evidence, Run
from lab.chaos.work.jobs import Item

UNMET = "DependencyFailed"
# Of one that was asked to end for another, and then lost with its worker, it is the second.
YIELDED = ("Superseded", "TaskRevokedError")


def fault_of(evidence: Evidence, number: int) -> str | None:
    """A sentence, or None where all is true."""
    item, document = evidence.items[number], evidence.document(number)
    if document is None or not document["ready"]:
        return None  # it is lost, which is counted elsewhere
    if item.is_shared and document["state"] == "succeeded" and document["result"]["number"] != number:
        return _fault_of_existing(evidence, item, document["result"]["number"])
    runs = evidence.runs.get(number, ())
    if unmet := _unmet(evidence, item):
        return _fault_of_unmet(document, runs, unmet)
    return _fault_of_end(item, document, runs) or _fault_of_order(evidence, item, runs)


def fault_of_run(document: Document, runs: Sequence[Run]) -> str | None:
    """What the witness says against the end of a task that has to succeed."""
    attempts = {run.attempt for run in runs}
    if document["state"] != "succeeded":
        return f"{document['state']}: {document['error']}"
    if document["attempt"] not in attempts:
        return f"succeeded in attempt {document['attempt']}, and the witness has {sorted(attempts)}"
    if document["result"]["attempt"] != document["attempt"]:
        return f"attempt {document['attempt']} has the result of {document['result']['attempt']}"
    return None


def parents_of(evidence: Evidence, item: Item) -> tuple[int, ...]:
    """The tasks that have to end before it, those of a batch included."""
    if item.after_batch is None:
        return item.after
    return tuple(number for number, each in evidence.items.items() if each.batch == item.after_batch)


def _unmet(evidence: Evidence, item: Item) -> list[int]:
    """The tasks, or the batch, that ended otherwise than it waits for; a batch succeeds if all of it does."""
    parents = {parent: evidence.document(parent) for parent in parents_of(evidence, item)}
    states = {parent: its["state"] for parent, its in parents.items() if its}
    if item.after_batch is not None:
        states = {item.after_batch: "succeeded" if set(states.values()) == {"succeeded"} else "failed"}
    return [parent for parent, state in states.items() if not _holds(item.when, state)]


def _fault_of_existing(evidence: Evidence, item: Item, number: int) -> str | None:
    """It got the document of a task that has the same key."""
    same = number in evidence.items and evidence.items[number].key == item.key
    return None if same else f"it got the document of {number}, which has another key"


def _holds(when: str, state: str) -> bool:
    return when == "ended" or (state == "succeeded") == (when == "succeeded")


def _fault_of_unmet(document: Document, runs: Sequence[Run], unmet: Sequence[int]) -> str | None:
    if document["state"] != "cancelled":
        return f"{document['state']}, although it waited for {unmet}, which ended otherwise"
    return f"it waited for {unmet}, which ended otherwise, and it ran" if runs else None


def _fault_of_end(item: Item, document: Document, runs: Sequence[Run]) -> str | None:
    if document["state"] == "cancelled":
        return _fault_of_cancelled(item, document, runs)
    if document["state"] == "failed" and document["error"]["type"] == item.error:
        return None
    if sentence := fault_of_run(document, runs):
        return sentence
    if document.get("chunks") not in (None, list(range(CHUNKS))):
        return f"it has streamed {document['chunks']}"
    if item.error:
        return "succeeded, although it fails"
    needs = document["result"]["needs"]
    return None if needs == list(item.needs) else f"it has the results {needs} of {list(item.needs)}"


def _fault_of_cancelled(item: Item, document: Document, runs: Sequence[Run]) -> str | None:
    if item.may_yield and document["error"]["type"] in YIELDED:
        return "it ended for another one, and it ran" if document["attempt"] == 0 and runs else None
    if not item.cancel:
        return f"cancelled, and nobody asked for it: {document['error']}"
    if document["error"]["type"] == UNMET:
        return f"cancelled, although all that it waited for ended as it should: {document['error']}"
    if document["attempt"] == 0 and runs:
        return "cancelled before its start, and it ran"
    return None


def _fault_of_order(evidence: Evidence, item: Item, runs: Sequence[Run]) -> str | None:
    """Whether it began before the run ended to which a task that it waited for owes its end."""
    first = min((run.first_line for run in runs), default=None)
    for parent in parents_of(evidence, item):
        document = evidence.document(parent)
        if first is None or document is None or document["state"] not in ("succeeded", "failed"):
            continue
        ended = [run.last_line for run in evidence.runs.get(parent, ()) if run.attempt == document["attempt"]]
        if not ended or ended[0] is None or first < ended[0]:
            return f"it began before {parent} ended"
    return None
