"""A batch: tasks that were submitted together, counted by state."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from celeriac.ledger.model.states import State
from celeriac.ledger.model.submitter import Submitter


class PlaceInBatch(NamedTuple):
    """The batch that a task is in, which number it has there, from 0 on, and its name among the others."""

    batch_id: str
    number: int
    name: str | None = None


class Batch(NamedTuple):
    """One batch. Times are microseconds since 1970; `counts` has every state."""

    batch_id: str
    owner: str
    label: str | None
    total: int
    counts: dict[State, int]
    # How many of its items were not accepted, because another task had their unique key.
    existing: int
    complete: bool
    cancel_requested: bool
    created_at: int
    ended_at: int | None
    expires_at: int | None

    @property
    def ready(self) -> bool:
        """Whether all of it was received, and all its tasks have ended."""
        return self.ended_at is not None

    @property
    def successful(self) -> bool | None:
        """Whether all its tasks have succeeded; None until it is ready."""
        return self.counts[State.SUCCEEDED] + self.existing == self.total if self.ready else None


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """A batch to begin, or to go on with: what it was accepted as says whether it is the same."""

    batch_id: str
    label: str | None
    submitter: Submitter | None
    accepted_as: str
    # Whom to notify of its end (celeriac/ledger/model/notification.py); "" for nobody.
    notify: str = ""
    # Whether the client can send it again: then each task is compared with the one that was accepted before.
    is_keyed: bool = False

    @property
    def owner(self) -> str:
        """Whose the batch is; "" for nobody."""
        return self.submitter.owner if self.submitter else ""


class BatchGone(Exception):
    """A batch had this id and is forgotten."""


class BatchConflict(Exception):
    """The key belongs to another batch; the argument is its id."""


class BatchComplete(Exception):
    """A batch takes no more tasks; the argument is its id."""


class BatchBehind(Exception):
    """A batch has fewer tasks than were accepted: Redis has lost the newest ones. The argument is its id."""


def ids_in(batch_id: str) -> Callable[[int], str]:
    """A function that makes the id of the task with a number: a UUIDv5 (RFC 9562 §5.5), as batches.lua makes it."""
    namespace, sha1 = UUID(batch_id).bytes, hashlib.sha1

    def task_id(number: int) -> str:
        digits = sha1(b"%b%d" % (namespace, number), usedforsecurity=False).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"

    return task_id


# The bits 10 of the variant, before the last two bits of a digit.
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def batch_from(batch_id: str, reply: Sequence[bytes]) -> Batch | None:
    """What read_batch.lua answers for this id; None for an unknown one, `BatchGone` for a forgotten one."""
    if reply == [b"gone"]:
        raise BatchGone(batch_id)
    if not reply:
        return None
    fields = {name.decode(): value.decode() for name, value in zip(reply[::2], reply[1::2], strict=True)}
    return Batch(
        batch_id=batch_id,
        owner=fields.get("owner", ""),
        label=fields.get("label"),
        total=int(fields["total"]),
        counts={state: int(fields.get(state, 0)) for state in State},
        existing=int(fields.get("existing", 0)),
        complete="complete" in fields,
        cancel_requested="cancel" in fields,
        created_at=int(fields["created_at"]),
        ended_at=_time(fields.get("ended_at")),
        expires_at=_time(fields.get("expires_at")),
    )


def place_from(batch: bytes | None, name: bytes | None) -> PlaceInBatch | None:
    """The place in these fields of a task's record."""
    if batch is None:
        return None
    batch_id, number = batch.decode().split()
    return PlaceInBatch(batch_id, int(number), name.decode() if name else None)


def _time(text: str | None) -> int | None:
    return None if text is None else int(text)
