"""Waits for the end of a task, through the wait of the API."""

import math
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from celeriac.client.calls.described import task_document_of
from celeriac.client.documents import BatchDocument, TaskDocument
from celeriac.client.errors import (
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Pause
from celeriac.client.wire.request import Request, path_of

Document = TypeVar("Document", TaskDocument, BatchDocument)
# Most proxies cut off after 60 seconds; the API waits for 55 at most.
LONGEST_WAIT = 50
# Where something before the API does not let it wait.
POLL_SECONDS = 1.0


def read(task_id: str, deadline: Deadline, *, wait: int = 0) -> Flow[TaskDocument]:
    """The document of a task, at its end or after the wait."""
    answer = yield from answer_to(Request("GET", path_of("tasks", task_id), wait=wait), deadline)
    return task_document_of(answer)


def ended(task_id: str, document: TaskDocument | None, deadline: Deadline) -> Flow[TaskDocument]:
    """The document of a task at its end; `TimedOut` if that does not come in time."""

    def now(wait: int) -> Flow[TaskDocument]:
        return read(task_id, deadline, wait=wait)

    return (yield from until_ready(now, document, deadline, lambda last: _timed_out(task_id, last)))


def until_ready(
    read_now: Callable[[int], Flow[Document]],
    document: Document | None,
    deadline: Deadline,
    timed_out: Callable[[Document | None], TimedOut],
) -> Flow[Document]:
    """The document of a task or batch at its end; `read_now` waits for that for some seconds."""
    while document is None or not document["ready"]:
        left = deadline.left
        if left <= 0:
            raise timed_out(document)
        wait, since = min(LONGEST_WAIT, math.ceil(left)) if left < LONGEST_WAIT else LONGEST_WAIT, monotonic()
        try:
            document = yield from read_now(wait)
        except (Unreachable, Unavailable) as failure:
            if deadline.left > POLL_SECONDS:
                raise
            raise timed_out(document) from failure
        if not document["ready"] and monotonic() - since < min(POLL_SECONDS, wait):
            yield Pause(max(0.0, min(POLL_SECONDS, deadline.left)))
    return document


def wait_within(deadline: Deadline) -> int:
    """How long a submission may wait for its task: so that its answer, with the id, comes before the deadline."""
    left = deadline.left
    return LONGEST_WAIT if left > LONGEST_WAIT + 1 else max(0, int(left - 1))


def result_of(document: TaskDocument, task: Callable[[str, TaskDocument], Any]) -> Any:
    """The result of a task that has ended; raises if there is none."""
    state, task_id = document["state"], document["task_id"]
    if state == "succeeded":
        return document.get("result")
    members = {"task_id": task_id, "task": task(task_id, document), "document": document}
    match state:
        case "cancelled":
            raise TaskCancelled(
                f"Task {task_id} ({document['name']}) was cancelled{_why(document)}.", **members
            )
        case "expired":
            raise TaskExpired(f"Task {task_id} ({document['name']}) did not start in time.", **members)
        case "failed":
            error = document["error"] or {"type": "", "message": "", "traceback": None}
            raise TaskFailed(
                f"{error['type']}: {error['message']}",
                type=error["type"],
                reason=error["message"],
                traceback=error.get("traceback"),
                **members,
            )
    raise UnexpectedAnswer(f"Task {task_id} has ended in the unknown state {state!r}.", status=200)


def _why(document: TaskDocument) -> str:
    """Why nobody cancelled it, and it is cancelled: a task that it waited for ended otherwise than it should."""
    error = document["error"]
    return f": {error['message']}" if error and error["type"] == "DependencyFailed" else ""


def _timed_out(task_id: str, document: TaskDocument | None) -> TimedOut:
    state = document["state"] if document else "not known"
    return TimedOut(
        f"Task {task_id} has not ended in time; its state is {state}. It goes on, and can be waited for again.",
        task_id=task_id,
    )
