"""Tells the facts of a task, from its document."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from celeriac.command.look.states import colour_of
from celeriac.command.output.moments import age, exact, moment
from celeriac.command.output.output import Output

# More of a result is for a file or a pager.
LONGEST_RESULT = 10_000


def show_task(output: Output, document: Mapping[str, Any]) -> None:
    """Print a task: its document, its id, or the facts."""
    output.show(document, identity=document["task_id"], facts=lambda: facts_of(document))


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """For each fact its label, in the order in which a person asks."""
    from rich.text import Text  # slow to load

    error = document["error"] or {}
    now = datetime.now(UTC)
    return {
        "Task": document["task_id"],
        "Name": document["name"],
        "State": Text(document["state"], style=colour_of(document["state"])),
        "Result": _result(document) if document["state"] == "succeeded" else None,
        "Error": f"{error['type']}: {error['message']}" if error else None,
        "Progress": progress_text(document["progress"]),
        "Cancelling": "requested" if document["cancel_requested"] and not document["ready"] else None,
        "Queue": document["queue"],
        "Tags": " ".join(document["tags"]) or None,
        "Schedule": document["schedule"],
        "Worker": document["worker"],
        "Attempt": document["attempt"] or None,
        "Created": _with_age(document["created_at"], now),
        "Waits for": _blockers(document["blocked_by"]),
        "Due": moment(document["due_at"]),
        "Started": _with_age(document["started_at"], now),
        "Ended": _with_age(document["ended_at"], now),
        "Took": exact(document["started_at"], document["ended_at"]),
        "Forgotten": moment(document["expires_at"]),
        "Retry of": document["retry_of"],
        "Submitted by": document["parent_id"],
        "Trace": document["trace_id"],
        "Owner": document["owner"],
        "Traceback": error.get("traceback"),
    }


def progress_text(progress: Mapping[str, Any] | None) -> str:
    """Such as `3 of 10 (30 %): resizing`; nothing for null."""
    if progress is None:
        return ""
    done, total, message = progress["done"], progress["total"], progress["message"]
    numbers = _number(done) if not total else f"{_number(done)} of {_number(total)} ({done / total:.0%})"
    return f"{numbers}: {message}" if message else numbers


def _number(value: float) -> str:
    """With every digit before the point, and at most two behind it: 50,000,000 and 0.25."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def note_of(document: Mapping[str, Any]) -> str:
    """The most important fact beside the state, for a list."""
    match document["state"]:
        case "failed" | "retrying" if document["error"]:
            return f"{document['error']['type']}: {document['error']['message']}"
        case "running":
            return "cancelling" if document["cancel_requested"] else progress_text(document["progress"])
        case "blocked":
            return f"waits for {_held(document['blocked_by']) or _tasks(document['blocked_by']['count'])}"
        case "scheduled":
            return f"due {moment(document['due_at'])}"
        case "succeeded" | "cancelled":
            took = exact(document["started_at"], document["ended_at"])
            return f"took {took}" if took else ""
    return ""


def _result(document: Mapping[str, Any]) -> str:
    text = json.dumps(document.get("result"), indent=2, ensure_ascii=False)
    if len(text) > LONGEST_RESULT and sys.stdout.isatty():
        return f"{text[:LONGEST_RESULT]}\n… and {len(text) - LONGEST_RESULT:,} more characters: --json prints all"
    return text


def _held(blocked_by: Mapping[str, Any]) -> str | None:
    if blocked_by["key"] is None:
        return None
    return f"key {blocked_by['key']}, {_tasks(blocked_by['ahead'])} ahead"


def _blockers(blocked_by: Mapping[str, Any] | None) -> str | None:
    """The ids of the first tasks that must end before, one a line; or the key at which it waits."""
    if blocked_by is None:
        return None
    if blocked_by["key"] is not None:
        return _held(blocked_by)
    others = blocked_by["count"] - len(blocked_by["tasks"])
    return "\n".join([*blocked_by["tasks"], *([f"and {_tasks(others)} more"] if others else [])])


def _tasks(count: int) -> str:
    return f"{count} task" if count == 1 else f"{count:,} tasks"


def _with_age(time: str | None, now: datetime) -> str:
    return f"{moment(time)} ({age(time, now)} ago)" if time else ""
