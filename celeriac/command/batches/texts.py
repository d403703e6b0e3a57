"""How batches are printed: columns of a list, facts about one, and a sentence."""

from collections.abc import Mapping
from typing import Any

from celeriac.command.output.column import Column
from celeriac.command.output.moments import exact, moment
from celeriac.command.output.output import Output

# The states of tasks that have ended.
ENDS = ("succeeded", "failed", "cancelled", "expired")


def columns() -> list[Column[Any]]:
    """The columns of a list of batches."""
    return [
        Column("BATCH", lambda batch: batch["batch_id"], has_ids=True),
        Column("LABEL", lambda batch: batch["label"] or "-", leave_out=1, is_cut=True),
        Column("TASKS", lambda batch: f"{batch['total']:,}"),
        Column("ENDED", lambda batch: f"{ended(batch):,}"),
        Column("FAILED", lambda batch: f"{batch['counts']['failed']:,}", style=_colour),
        Column("CREATED", lambda batch: moment(batch["created_at"]), leave_out=2),
    ]


def show_batch(output: Output, document: Mapping[str, Any]) -> None:
    """Print a batch: its document, its id, or the facts."""
    output.show(document, identity=document["batch_id"], facts=lambda: _facts(document))


def ended(batch: Mapping[str, Any]) -> int:
    """How many of its tasks have ended."""
    return sum(int(batch["counts"][state]) for state in ENDS)


def counts_text(batch: Mapping[str, Any]) -> str:
    """How many tasks are in which state: `98 succeeded, 2 failed`."""
    counts = ", ".join(f"{count:,} {state}" for state, count in batch["counts"].items() if count)
    return counts or "no tasks"


def sentence_of(batch: Mapping[str, Any]) -> str:
    """How it has ended: `Batch 3f9a… has ended in 3 s: 98 succeeded, 2 failed.`."""
    took = exact(batch["created_at"], batch["ended_at"])
    return (
        f"Batch {batch['batch_id']} has ended" + (f" in {took}" if took else "") + f": {counts_text(batch)}."
    )


def _colour(batch: Mapping[str, Any]) -> str:
    return "red" if batch["counts"]["failed"] else ""


def _facts(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Batch": batch["batch_id"],
        "Label": batch["label"],
        "Tasks": f"{batch['total']:,}",
        "States": counts_text(batch),
        "Ready": "yes" if batch["ready"] else "no",
        "Received": None if batch["complete"] else "not all: the connection was lost, or items still come",
        "Cancelled": "on request" if batch["cancel_requested"] else None,
        "Created": moment(batch["created_at"]),
        "Ended": moment(batch["ended_at"]),
        "Forgotten at": moment(batch["expires_at"]),
        "Owner": batch["owner"],
    }
