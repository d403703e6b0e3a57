"""Decides how much of a task's failure a caller sees: operators all, others no secrets."""

import re
from collections.abc import Mapping
from typing import Any

from celeriac.ledger.model.task import Failure, Task
from celeriac_api.response.errors import TaskNotSucceeded

# Where programs and their data lie on the usual systems; what merely looks like a path (`/tasks/x`) stays.
_ROOTS = "app|bin|celeriac|data|dev|etc|home|lib|media|mnt|nix|opt|packages|private|proc|root|run|sbin|snap|srv|sys|tmp|usr|var|venv|Applications|Library|Users|Volumes"
_PATH = re.compile(rf"(?<![\w:/.~-])/(?:{_ROOTS})/(?:[^\s/'\"<>|:;,()\[\]]+/)*([^\s/'\"<>|:;,()\[\]]*)")
_USER_INFO = re.compile(r"(?<=://)[^\s/@]{1,500}@")
_SECRET = re.compile(
    r"(?i)\b([\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key)[\"']?\s{0,3}[=:]\s{0,3}[\"']?)[^\s\"'&,;)}\]]+"
)
_KEY = re.compile(r"\b(clrc_|whsec_|Bearer |Basic )[\w.~+/=-]{8,}")


def failure_details(failure: Failure, *, all_of_it: bool) -> dict[str, Any]:
    """The member `error` of a task document."""
    if all_of_it:
        return {"type": failure.type, "message": failure.message, "traceback": failure.traceback}
    return {"type": failure.type, "message": redacted(failure.message), "traceback": None}


def not_succeeded(
    task: Task, *, all_of_it: bool, headers: Mapping[str, str] | None = None
) -> TaskNotSucceeded:
    """The refusal for the result of a task that ended without one."""
    reason = ""
    if task.failure:
        details = failure_details(task.failure, all_of_it=all_of_it)
        reason = f": {details['type']}: {details['message']}"
    return TaskNotSucceeded(
        f"Task {task.task_id} ended as {task.state}{reason}",
        headers=headers,
        task_id=task.task_id,
        state=task.state,
    )


def redacted(text: str) -> str:
    """A text without credentials and without the directories of a machine."""
    for pattern, replacement in (
        (_USER_INFO, "***@"),
        (_SECRET, r"\1***"),
        (_KEY, r"\1***"),
        (_PATH, r"…/\1"),
    ):
        text = pattern.sub(replacement, text)
    return text
