"""How a task ended: a line for people, and the exit code."""

from typing import TYPE_CHECKING, Any

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.json_text import json_line
from celeriac.command.output.moments import exact
from celeriac.command.output.refusal import Refusal

if TYPE_CHECKING:
    from celeriac.client.documents import TaskDocument

LONGEST_RESULT = 200
_ENDS = {"cancelled": "was cancelled", "expired": "has expired: it did not start in time"}
_CODES = {"succeeded": ExitCode.DONE, "failed": ExitCode.FAILED}


def exit_code_of(document: "TaskDocument") -> ExitCode:
    """0 if it succeeded, 1 if it failed, 7 if it was cancelled or expired."""
    return _CODES.get(document["state"], ExitCode.CANCELLED)


def sentence_of(document: "TaskDocument") -> str:
    """`add 3f9a… succeeded in 0.3 s: 9`."""
    took = exact(document["started_at"], document["ended_at"])
    subject = f"{document['name']} {document['task_id']} {document['state']}" + (
        f" in {took}" if took else ""
    )
    error: Any = document["error"]
    if document["state"] == "succeeded" and "result" in document:
        return f"{subject}: {_short(json_line(document['result']))}"
    if document["state"] == "failed" and error:
        return f"{subject}: {error['type']}: {_short(error['message'])}"
    return subject


def refusal_of_end(document: "TaskDocument", advice: str) -> Refusal | None:
    """Why the task did not succeed, with its whole message and the exit code for that."""
    code = exit_code_of(document)
    if code is ExitCode.DONE:
        return None
    error: Any = document["error"]
    why = f"{error['type']}: {error['message']}" if error and code is ExitCode.FAILED else ""
    end = document["state"] if code is ExitCode.FAILED else _ENDS.get(document["state"], document["state"])
    return Refusal(
        f"Task {document['task_id']} ({document['name']}) {end}.", why=why, advice=advice, exit_code=code
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_RESULT else f"{text[:LONGEST_RESULT]}…"
