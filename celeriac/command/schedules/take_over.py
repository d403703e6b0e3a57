"""`celeriac schedule import`: puts the schedules of Celery's beat."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celeriac.client.errors import ScheduleNotFound
from celeriac.command.output.column import Column
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.output import Output
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import say
from celeriac.command.schedules.beat_entries import Taken, entries_of, taken_over
from celeriac.command.schedules.put import put_schedule

if TYPE_CHECKING:
    from celeriac.client.client import Client

COLUMNS: list[Column[dict[str, str]]] = [
    Column("SCHEDULE", lambda row: row["schedule"]),
    Column("TASK", lambda row: row["task"] or "-"),
    Column("WHEN", lambda row: row["when"] or "-", leave_out=2),
    Column("OUTCOME", lambda row: row["outcome"], style=lambda row: "red" if row["reason"] else ""),
    Column("REASON", lambda row: row["reason"], leave_out=1, is_cut=True),
]


def take_over(client: "Client", app: str, output: Output, *, renames: list[str], is_dry: bool) -> None:
    """Put a schedule for each entry, and print what became of it; `Refusal` where some could not be put."""
    parameters = {
        definition["name"]: list(definition["input_schema"].get("properties", {}))
        for definition in client.catalog()
    }
    entries = entries_of(app)
    refused = []

    def rows() -> Iterator[dict[str, str]]:
        for entry in taken_over(entries, parameters, _renamed(renames)):
            row = _row(entry, *_outcome(client, entry, is_dry=is_dry))
            refused.extend([row] if row["reason"] else [])
            yield row

    output.show_all(
        rows(), COLUMNS, identity=lambda row: row["schedule"], empty=f"The beat_schedule of {app} is empty."
    )
    if is_dry:
        say("Nothing was put: without --dry-run it is.")
    if refused:
        raise Refusal(
            f"{len(refused)} of {len(entries)} entries were not taken over.",
            why="; ".join(f"{row['entry']}: {row['reason']}" for row in refused),
            exit_code=ExitCode.FAILED,
        )


def _renamed(renames: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in renames]
    if any(not all(pair) for pair in pairs):
        raise Refusal("--rename is not a pair.", advice="--rename proj.tasks.add=add")
    return {old: new for old, _, new in pairs}


def _outcome(client: "Client", entry: Taken, *, is_dry: bool) -> tuple[str, str]:
    """What was done with an entry, and why it was not put."""
    if entry.reason:
        return "refused", entry.reason
    try:
        there: Mapping[str, Any] = client.schedule(entry.name)
    except ScheduleNotFound:
        outcome = "created"
    else:
        if _is_same(there, entry):
            return "unchanged", ""
        outcome = "changed"
    if is_dry:
        return outcome, ""
    try:
        put_schedule(client, entry.name, entry.submit, entry.rules, owner=None)
    except Refusal as refusal:
        return "refused", refusal.why
    return outcome, ""


def _is_same(there: Mapping[str, Any], entry: Taken) -> bool:
    times = {name: there[name] for name in ("cron", "zone", "every") if there[name] is not None}
    return times == entry.rules and there["submit"] == entry.submit


def _row(entry: Taken, outcome: str, reason: str) -> dict[str, str]:
    rules = entry.rules
    when = (
        f"{rules['cron']} ({rules['zone']})"
        if "cron" in rules
        else f"every {rules['every']}"
        if rules
        else ""
    )
    return {
        "schedule": entry.name,
        "entry": entry.entry,
        "task": str(entry.submit.get("name", "")),
        "when": when,
        "outcome": outcome,
        "reason": reason,
    }
