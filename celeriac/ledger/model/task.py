"""A task: our record and Celery's result document, combined."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from celeriac.ledger.model.batch import PlaceInBatch, place_from
from celeriac.ledger.model.dependencies import BlockedBy
from celeriac.ledger.model.states import FINAL, State, from_celery
from celeriac.ledger.protocol.kombu_forms import read_plain
from celeriac.values.short_text import shortened, shortened_traceback
from celeriac.values.states import Priority

# The fields of a record that a reader needs, in the order in which read_tasks.lua answers them.
FIELDS = (
    "state",
    "expires_at",
    "attempt",
    "blocked_by",
    "name",
    "queue",
    "worker",
    "created_at",
    "started_at",
    "ended_at",
    "due_at",
    "retry_of",
    "trace_id",
    "progress",
    "cancel",
    "error",
    "owner",
    "tags",
    "batch",
    "as",
    "parent_id",
    "priority",
)
# A record has the schedule that submitted the task among its tags, with this mark, with which no tag of a submission begins.
SCHEDULE_MARK = "@"
# The name of the tasks that are deliveries of webhooks: to those who ask for tasks, there are none.
DELIVERY = b"celeriac.webhook"
_STRICT = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed: the error's type and message, and the traceback where one was kept."""

    type: str
    message: str
    traceback: str | None = None


class Task(NamedTuple):
    """One task. Times are microseconds since 1970 (UTC, by the Redis server's clock); `result` is strict JSON, UTF-8.

    A named tuple, for one is made at every read: a frozen dataclass takes four times as long to make.
    """

    task_id: str
    name: str
    queue: str
    state: State
    attempt: int
    worker: str | None
    created_at: int
    started_at: int | None
    ended_at: int | None
    expires_at: int | None
    due_at: int | None
    retry_of: str | None
    trace_id: str | None
    result: bytes | None
    progress: bytes | None
    asked_to_end: bool
    failure: Failure | None
    # "": nobody's, as in open access.
    owner: str
    # Bytes of Celery's document of a task that has ended, where they are too many to be read with the rest.
    unread_bytes: int | None = None
    # For how many tasks a blocked one waits, and the ids of the first `MOST_NAMED` of them.
    blocked_by: BlockedBy | None = None
    # Those of the submission, and the mark of its schedule.
    marks: tuple[str, ...] = ()
    batch: PlaceInBatch | None = None
    # The running task that submitted this one.
    parent_id: str | None = None
    priority: Priority = Priority.NORMAL

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the submission gave the task."""
        return tuple(mark for mark in self.marks if not mark.startswith(SCHEDULE_MARK))

    @property
    def schedule(self) -> str | None:
        """The name of the schedule that submitted the task, if one did."""
        return next((mark[1:] for mark in self.marks if mark.startswith(SCHEDULE_MARK)), None)

    @property
    def cancel_requested(self) -> bool:
        """Whether somebody asked to cancel the task."""
        return self.asked_to_end or self.state is State.CANCELLED

    @property
    def ready(self) -> bool:
        """Whether the task has ended."""
        return self.state in FINAL


class Gone(Exception):
    """A task had this id and is forgotten."""


def from_reply(task_id: str, reply: Sequence[bytes | None]) -> Task | None:
    """What read_tasks.lua answered for this id; None when there is no record, `Gone` when there is none any more.

    Once one of our workers has claimed a task, the record alone says its state. A worker that knows nothing of
    Celeriac leaves the record as it was accepted, and Celery's document says what became of the task.
    """
    if reply == [b"gone"]:
        raise Gone(task_id)
    (
        state, expires, attempt, blocked_by, name, queue, worker, created, start, ended,
        due, retry_of, trace_id, progress, cancel, error, owner, tags, batch, name_in_batch, parent_id, priority, document,
    ) = reply  # fmt: skip
    if name is None or queue is None or state is None or name == DELIVERY:
        return None
    task = Task(
        task_id=task_id,
        name=name.decode(),
        queue=queue.decode(),
        state=State(state.decode()),
        attempt=int(attempt or 0),
        worker=worker.decode() if worker else None,
        created_at=int(created or 0),
        started_at=_time(start),
        ended_at=_time(ended),
        expires_at=_time(expires),
        due_at=_time(due),
        retry_of=retry_of.decode() if retry_of else None,
        trace_id=trace_id.decode() if trace_id else None,
        result=None,
        progress=progress,
        asked_to_end=cancel is not None,
        failure=_recorded_failure(error),
        owner=owner.decode() if owner else "",
        blocked_by=_blocked_by(blocked_by),
        marks=tuple(tags.decode().split()) if tags else (),
        batch=place_from(batch, name_in_batch),
        parent_id=parent_id.decode() if parent_id else None,
        priority=Priority(priority.decode()) if priority else Priority.NORMAL,
    )
    if document is None or not (task.attempt == 0 or task.ready):
        return task
    return _with_document(task, document)


def too_large(task: Task, *, most_bytes: int) -> Task:
    """A task whose result nobody can be given: it was stored by a worker that has another limit, or none."""
    if task.state is not State.SUCCEEDED:
        return task
    failure = Failure(
        "ResultTooLarge",
        f"the stored result takes {task.unread_bytes:,} bytes, more than CELERIAC_MAX_RESULT_BYTES ({most_bytes:,}) allows",
    )
    return task._replace(state=State.FAILED, failure=failure)


def _blocked_by(value: bytes | None) -> BlockedBy | None:
    if value is None:
        return None
    if value.startswith(b"key "):
        _, ahead, key = value.decode().split(" ", 2)
        return BlockedBy(0, (), key, int(ahead))
    count, *ids = value.decode().split()
    return BlockedBy(int(count), tuple(ids))


def _time(value: bytes | None) -> int | None:
    return int(value) if value else None


def _recorded_failure(error: bytes | None) -> Failure | None:
    return Failure(**json.loads(error)) if error else None


def _with_document(task: Task, document: bytes) -> Task:
    """What any program may have written there is no reason for an error of ours."""
    try:
        return _merged(task, read_plain(document))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        invalid = Failure("InvalidResult", f"the stored result is not strict JSON, or not Celery's: {wrong}")
        failure = task.failure or invalid
        return task._replace(state=State.FAILED, attempt=task.attempt or 1, failure=failure)


def _merged(task: Task, meta: dict[str, Any]) -> Task:
    state = _state(task, from_celery(meta["status"]))
    outcome = meta["result"]
    result = _strict_json(outcome) if state is State.SUCCEEDED else None
    if task.attempt == 0 and state not in (State.CANCELLED, State.EXPIRED):
        task = _as_stock_worker_left_it(task, state, meta)
    if state in (State.FAILED, State.CANCELLED, State.EXPIRED):
        failure = task.failure or _celery_failure(outcome)
        traceback = meta.get("traceback")
        text = None if traceback is None else shortened_traceback(str(traceback))
        return task._replace(state=state, failure=replace(failure, traceback=text))
    return task._replace(result=result)


def _state(task: Task, of_celery: State) -> State:
    """Ours, unless a worker that knows no records ran the task: then Celery's, also of a task that we had cancelled."""
    if task.ready and (task.attempt > 0 or of_celery not in (State.SUCCEEDED, State.FAILED)):
        return task.state
    return of_celery


def _strict_json(value: Any) -> bytes:
    """UTF-8 JSON. NaN, Infinity (also from 1e999), lone surrogates and integers beyond Python's limit are `ValueError`s."""
    return _STRICT.encode(value).encode()


def _as_stock_worker_left_it(task: Task, state: State, meta: dict[str, Any]) -> Task:
    """Celery's document says the state and the end; worker and retries only with `result_extended`."""
    if state is State.QUEUED:
        return task
    start_meta: dict[str, Any] = (
        meta["result"] if state is State.RUNNING and isinstance(meta["result"], dict) else {}
    )
    return task._replace(
        state=state,
        attempt=(meta.get("retries") or 0) + 1,
        worker=_text(meta.get("worker") or start_meta.get("hostname")),
        ended_at=_microseconds(meta.get("date_done")) if state in FINAL else None,
    )


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError("the worker's name is not a text")


def _microseconds(date_done: str | None) -> int | None:
    if date_done is None:
        return None
    moment = datetime.fromisoformat(date_done)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _celery_failure(outcome: Any) -> Failure:
    """Celery stores an exception as its type and its arguments (`Backend.prepare_exception`)."""
    if not isinstance(outcome, dict):
        return Failure("Exception", shortened(str(outcome)))
    arguments = outcome.get("exc_message", "")
    if isinstance(arguments, list | tuple):
        arguments = ", ".join(str(argument) for argument in arguments)
    return Failure(shortened(str(outcome.get("exc_type", "Exception"))), shortened(str(arguments)))
