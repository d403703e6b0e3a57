"""Makes the task document, which is always complete and the same everywhere."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import PydanticSerializationError, to_json

from celeriac.ledger.model.dependencies import MOST_NAMED, BlockedBy
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted
from celeriac.ledger.model.task import Task
from celeriac.values.states import Priority
from celeriac_api.response.address import address, prefix, under
from celeriac_api.response.failure_details import failure_details
from celeriac_api.response.files.links import result_of

EXAMPLE_ID = "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"
EXAMPLE: dict[str, JsonValue] = {
    "task_id": EXAMPLE_ID,
    "name": "add",
    "state": "succeeded",
    "ready": True,
    "successful": True,
    "result": 9,
    "error": None,
    "progress": None,
    "cancel_requested": False,
    "attempt": 1,
    "queue": "default",
    "worker": "celery-3f9a2c@host",
    "created_at": "2026-05-01T12:00:00.000000Z",
    "started_at": "2026-05-01T12:00:00.002000Z",
    "ended_at": "2026-05-01T12:00:00.003000Z",
    "expires_at": "2026-05-02T12:00:00.003000Z",
    "due_at": None,
    "blocked_by": None,
    "priority": "normal",
    "tags": [],
    "schedule": None,
    "batch": None,
    "retry_of": None,
    "parent_id": None,
    "trace_id": None,
    "owner": None,
    "links": {
        "self": f"/tasks/{EXAMPLE_ID}",
        "input": f"/tasks/{EXAMPLE_ID}/input",
        "result": f"/tasks/{EXAMPLE_ID}/result",
        "cancel": f"/tasks/{EXAMPLE_ID}/cancel",
        "retry": f"/tasks/{EXAMPLE_ID}/retry",
        "events": f"/tasks/{EXAMPLE_ID}/events",
    },
}
# Stand in a template for what is not known yet; no name of a task or queue can contain them.
_ID = "<task id>"
_NO_RESULT = b'"result":null'


class ErrorDocument(BaseModel):
    """Why a task failed."""

    type: str = Field(description="Name of the error's class.", examples=["ValueError"])
    message: str = Field(
        description="The text of the error. Without the scope `operate`, it contains no passwords and no directories."
    )
    traceback: str | None = Field(
        description="The traceback, from the task's function on; null without the scope `operate`."
    )


class Links(BaseModel):
    """The addresses of related resources: clients use these and build none themselves."""

    self: str = Field(description="This document.")
    input: str = Field(description="The input of the task.")
    result: str = Field(description="The bare result, once the task has succeeded.")
    cancel: str = Field(description="POST here to cancel the task.")
    retry: str = Field(description="POST here to run the input again, once the task has ended.")
    events: str = Field(description="The events of the task, as they happen.")


Count = Annotated[int, Field(ge=0)]


class Progress(BaseModel):
    """How far a task is, in units that the task chooses."""

    done: float = Field(description="How much is done.")
    total: float | None = Field(description="How much there is in total; null if the task does not know.")
    message: str | None = Field(description="What the task does now, as a short text.")


class BlockedByDocument(BaseModel):
    """The tasks, or the key, for which a blocked task waits."""

    count: Count = Field(description="How many tasks in `after` have not ended.")
    tasks: list[str] = Field(description=f"The ids of the first {MOST_NAMED} of them.")
    key: str | None = Field(
        description="The key of `throttle` or `concurrency` at which the task waits; null while it waits for tasks."
    )
    ahead: Count | None = Field(description="How many tasks wait at this key ahead of it.")


class PlaceDocument(BaseModel):
    """The place of a task in a batch."""

    model_config = ConfigDict(title="Place in a batch")

    batch_id: str = Field(description="The id of the batch.")
    number: Count = Field(description="The number of the task in the batch; 0 is the first.")
    name: str | None = Field(
        description="Its name within the batch (`as`); null if the submission gave none."
    )


class TaskDocument(BaseModel):
    """The current state of a task. Times are in UTC, from the clock of the Redis server."""

    model_config = ConfigDict(title="Task")

    task_id: str = Field(description="The task's id.")
    name: str = Field(description="The task definition's name.")
    state: State = Field(description="The state of the task.")
    ready: bool = Field(description="Whether the task has ended.")
    successful: bool | None = Field(description="Whether the task succeeded; null until it has ended.")
    result: Any = Field(description="What the function returned; null unless the task succeeded.")
    error: ErrorDocument | None = Field(
        description="Why the task failed. While it is `retrying`: why the latest attempt failed."
    )
    progress: Progress | None = Field(description="The progress that the task reported last.")
    cancel_requested: bool = Field(
        description="Whether somebody asked to cancel the task. While it runs, its worker gets the request."
    )
    attempt: Count = Field(description="The number of the current or last attempt; 0 before the first.")
    queue: str = Field(description="The queue in which the task waits or waited.")
    worker: str | None = Field(description="The worker that runs or ran the task.")
    created_at: AwareDatetime = Field(description="When the task was accepted.")
    started_at: AwareDatetime | None = Field(description="When the current or last attempt started.")
    ended_at: AwareDatetime | None = Field(description="When the task ended.")
    expires_at: AwareDatetime | None = Field(
        description="When the record and the result expire; null until the task has ended."
    )
    due_at: AwareDatetime | None = Field(
        description="When the task is queued: the start of a scheduled task, or the next attempt of a retrying task."
    )
    blocked_by: BlockedByDocument | None = Field(
        description="What a `blocked` task waits for: tasks in `after` that have not ended, or a key. Null in other states."
    )
    priority: Priority = Field(description="Which tasks of its queue start before it.")
    tags: list[str] = Field(description="The tags that the submission gave the task.")
    schedule: str | None = Field(
        description="The name of the schedule that submitted the task; null for any other task."
    )
    batch: PlaceDocument | None = Field(
        description="The batch with which the task was submitted; null if it was submitted alone."
    )
    retry_of: str | None = Field(description="The id of the task whose input this task runs again.")
    parent_id: str | None = Field(description="The id of the running task that submitted this task.")
    trace_id: str | None = Field(
        description="The id of the trace that the task belongs to (W3C Trace Context)."
    )
    owner: str | None = Field(description="The owner of the task; null if the API requires no key.")
    links: Links


def _leave_result_out(schema: dict[str, Any]) -> None:
    del schema["properties"]["result"]
    schema["required"].remove("result")
    schema["not"] = {"required": ["result"]}


class TaskWithoutResult(TaskDocument):
    """The current state of a task, without its result: there is no member `result`, not even a null."""

    model_config = ConfigDict(title="Task without its result", json_schema_extra=_leave_result_out)


def task_document(task: Task, *, show_traceback: bool) -> bytes:
    """The document as UTF-8 JSON. The result goes in as it is: it is strict JSON already."""
    return _task_document(task, prefix(), show_traceback=show_traceback)


@lru_cache(maxsize=1)  # thousands may be told of the same end
def _task_document(task: Task, _prefix: str, *, show_traceback: bool) -> bytes:
    document = _dumps(_members(task, show_traceback=show_traceback))
    if task.result is None:
        return document
    # A text has no bare quote, so it is the member.
    return document.replace(_NO_RESULT, b'"result":' + result_of(task), 1)


def document_without_result(task: Task, *, show_traceback: bool) -> bytes:
    """The same without the member `result`, which was not read, so null would be wrong."""
    members = _members(task, show_traceback=show_traceback)
    del members["result"]
    return _dumps(members)


def new_task(
    accepted: Accepted,
    *,
    name: str,
    queue: str,
    owner: str = "",
    retry_of: str | None = None,
    tags: tuple[str, ...] = (),
    priority: Priority = Priority.NORMAL,
) -> Task:
    """A task as it was accepted; its schedule is among the tags, with its mark."""
    return Task(
        task_id=accepted.task_id,
        name=name,
        queue=queue,
        state=accepted.state,
        attempt=0,
        worker=None,
        created_at=accepted.created_at,
        started_at=None,
        ended_at=None,
        expires_at=None,
        due_at=accepted.due_at,
        blocked_by=accepted.blocked_by,
        retry_of=retry_of,
        trace_id=accepted.trace_id,
        result=None,
        progress=None,
        asked_to_end=False,
        failure=None,
        owner=owner,
        marks=tags,
        priority=priority,
    )


def queued_template(*, name: str, queue: str, priority: Priority = Priority.NORMAL) -> bytes:
    """The document of a task of this definition that was just accepted, as a format: without prefix, id and time."""
    task = new_task(Accepted(_ID, 0, State.QUEUED), name=name, queue=queue, priority=priority)
    with under(""):  # it is made at the first submission, whose prefix is not that of others
        document = task_document(task, show_traceback=False).replace(b"%", b"%%")
    for text, place in (
        (b'"/tasks/', b'"%(prefix)b/tasks/'),
        (_ID.encode(), b"%(id)b"),
        (timestamp(0).encode(), b"%(time)b"),
        (b'"owner":null', b'"owner":%(owner)b'),
    ):
        document = document.replace(text, place)
    return document


def fill(template: bytes, *, task_id: str, created_at: int, owner: str) -> bytes:
    """The template's document for this id and time (microseconds since 1970)."""
    time = timestamp(created_at).encode()
    values = {b"prefix": prefix().encode(), b"id": task_id.encode(), b"time": time, b"owner": _owner(owner)}
    return template % values


@lru_cache(maxsize=4_096)  # there are few
def _owner(owner: str) -> bytes:
    return to_json(owner or None)


def timestamp(microseconds: int) -> str:
    """Microseconds since 1970 as RFC 3339, UTC."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{fraction:06}Z"


@lru_cache(maxsize=64)  # many tasks have times in the same second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _timestamp(microseconds: int | None) -> str | None:
    return None if microseconds is None else timestamp(microseconds)


def _members(task: Task, *, show_traceback: bool) -> dict[str, Any]:
    """The document, but that its result is null."""
    succeeded, ready = task.state is State.SUCCEEDED, task.ready
    return {
        "task_id": task.task_id,
        "name": task.name,
        "state": task.state,
        "ready": ready,
        "successful": succeeded if ready else None,
        "result": None,
        "error": failure_details(task.failure, all_of_it=show_traceback)
        if task.failure and not succeeded
        else None,
        "progress": task.progress and json.loads(task.progress),
        "cancel_requested": task.cancel_requested,
        "attempt": task.attempt,
        "queue": task.queue,
        "worker": task.worker,
        "created_at": timestamp(task.created_at),
        "started_at": _timestamp(task.started_at),
        "ended_at": _timestamp(task.ended_at),
        "expires_at": _timestamp(task.expires_at),
        "due_at": _timestamp(task.due_at),
        "blocked_by": task.blocked_by and _blocked_by(task.blocked_by),
        "priority": task.priority,
        "tags": list(task.tags),
        "schedule": task.schedule,
        "batch": task.batch and task.batch._asdict(),
        "retry_of": task.retry_of,
        "parent_id": task.parent_id,
        "trace_id": task.trace_id,
        "owner": task.owner or None,
        "links": _links(address(f"/tasks/{task.task_id}")),
    }


def _blocked_by(waits: BlockedBy) -> dict[str, Any]:
    return {"count": waits.count, "tasks": list(waits.ids), "key": waits.key, "ahead": waits.ahead}


def _links(self: str) -> dict[str, str]:
    names = ("input", "result", "cancel", "retry", "events")
    return {"self": self, **{name: f"{self}/{name}" for name in names}}


def _dumps(value: dict[str, Any]) -> bytes:
    try:
        return to_json(value)
    except PydanticSerializationError:  # a lone surrogate in an error's text, which UTF-8 does not have
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
