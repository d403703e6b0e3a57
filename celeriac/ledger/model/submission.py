"""A submission, and its possible outcomes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from celeriac.files.store.store import Blob
from celeriac.ledger.model.dependencies import BlockedBy, Dependencies
from celeriac.ledger.model.flow import FlowKeys
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.times import microseconds, milliseconds
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.protocol.message import REFERS, Envelope, expires_at, headers_of
from celeriac.values.states import Priority


@dataclass(frozen=True, kw_only=True)
class Parent:
    """The running task that submits another one, by its id, and the token of its run."""

    task_id: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a submission may say beside its input.

    `fingerprint` stands for the whole submission: the same key or id with another one is a conflict. `key` is the digest
    of an idempotency key; a fingerprint without a key makes the task's id the key. `chosen_queue` is the queue where the submission
    names one, for a retry. `name_in_batch` and `edges` are of a task in a batch: its name there, and `when` and the numbers of the tasks
    of the batch that it runs after.
    """

    delay: timedelta | None = None
    dependencies: Dependencies | None = None
    start_within: timedelta | None = None
    chosen_queue: str | None = None
    # The list in which the message of an existing app's task waits, where it is not the queue's.
    list: str | None = None
    # The key by which tasks take turns is `fair`. What is chosen is what the submission names, for a retry.
    priority: Priority = Priority.NORMAL
    fair: str | None = None
    chosen_priority: Priority | None = None
    chosen_fair: str | None = None
    tags: tuple[str, ...] = ()
    flow: FlowKeys | None = None
    # Whom to notify of the end (celeriac/ledger/model/notification.py).
    notify: str | None = None
    retry_of: str | None = None
    parent: Parent | None = None
    trace: Trace | None = None
    key: str | None = None
    fingerprint: str | None = None
    key_ttl: timedelta = timedelta(days=1)
    name_in_batch: str | None = None
    edges: str | None = None
    # The large files that its input names, and how many bytes all files of the owner may have with them.
    files: tuple[Blob, ...] = ()
    most_file_bytes: int | None = None

    @property
    def may_be_earlier(self) -> bool:
        """Whether the answer can be a task that was accepted before."""
        return self.fingerprint is not None or bool(self.flow and self.flow.unique)

    def encode(self) -> str:
        """As accept_tasks.lua reads it."""
        members = {
            "due": None if self.delay is None else microseconds(self.delay),
            "expires": None if self.start_within is None else microseconds(self.start_within),
            "chosen_queue": self.chosen_queue,
            "list": self.list,
            "priority": None if self.priority is Priority.NORMAL else self.priority,
            "fair": self.fair,
            "chosen_priority": self.chosen_priority,
            "chosen_fair": self.chosen_fair,
            "tags": self.tags or None,
            "flow": self.flow and self.flow.members(),
            "notify": self.notify,
            "retry_of": self.retry_of,
            "parent_id": self.parent and self.parent.task_id,
            "token": self.parent and self.parent.token,
            "expires_at": None
            if self.start_within is None
            else expires_at(datetime.now(UTC) + self.start_within),
            "trace_id": self.trace and self.trace.trace_id,
            "trace": self._headers(),
            "key": self.key,
            "fingerprint": self.fingerprint,
            "as": self.name_in_batch,
            "edges": self.edges,
            "files": [part for blob in self.files for part in blob] or None,
            "most_file_bytes": self.most_file_bytes if self.files else None,
            "key_ttl": self.key and milliseconds(self.key_ttl),
            **(self.dependencies.members() if self.dependencies else {}),
        }
        return json.dumps({name: value for name, value in members.items() if value is not None})

    def _headers(self) -> str | None:
        """Further headers of the message."""
        headers = headers_of(self.trace) if self.trace else ""
        if self.dependencies and self.dependencies.references:
            headers += REFERS
        return headers or None


class Submission(NamedTuple):
    """`input` and envelope make the message that wakes a worker (celeriac/ledger/protocol/message.py); `input` and `options` are encoded.

    The task belongs to the owner of `submitter`; without one to nobody, and nothing is limited, as in open access.
    """

    task_id: str
    name: str
    queue: str
    envelope: Envelope
    input: bytes
    options: str = ""
    submitter: Submitter | None = None

    @property
    def owner(self) -> str:
        """Whose the task is; "" for nobody."""
        return self.submitter.owner if self.submitter else ""


class Accepted(NamedTuple):
    """An accepted task: its id, time of creation (microseconds since 1970), first state, trace and due time."""

    task_id: str
    created_at: int
    state: State
    replayed: bool = False
    trace_id: str | None = None
    due_at: int | None = None
    blocked_by: BlockedBy | None = None
    # An earlier task, which may differ in name and input: it has the unique key.
    exists: bool = False


class UnknownDependency(Exception):
    """A task is to run after one that the submitter cannot see, or that is forgotten; the argument is its id."""


class IdTaken(Exception):
    """The id belongs to a task of another owner, about which nothing is revealed."""


class NotUnique(Exception):
    """Another task has the unique key; the arguments are its id and the key."""


class ParentNotRunning(Exception):
    """The run that submits does not have its task any more; the argument is the id of that."""


class NoSlot(Exception):
    """As many tasks of a key run as may; the arguments are the key and its limit."""


class NoFileSpace(Exception):
    """The files of the owner's tasks would have too many bytes together; the first argument is how many they may have."""


class Conflict(Exception):
    """The key or id already belongs to another submission; the argument is its task id."""
