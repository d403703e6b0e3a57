"""Rebuilds a task's events from its record, for the time before it was followed."""

from collections.abc import Sequence
from dataclasses import dataclass

from celeriac.ledger.live.recent_batches import Entry
from celeriac.ledger.model.states import State


@dataclass(frozen=True, slots=True)
class History:
    """How a task was accepted, and its later events; None if it has its own stream."""

    first: State
    events: Sequence[Entry] | None


def from_reply(reply: Sequence[bytes]) -> History | None:
    """The history from the answer of follow_task.lua; None if there is no record."""
    if not reply:
        return None
    first, has_stream, *parts = reply
    if has_stream == b"1":
        return History(State(first.decode()), None)
    return History(State(first.decode()), [_event(*parts[at : at + 3]) for at in range(0, len(parts), 3)])


def _event(identity: bytes, state: bytes, attempt: bytes) -> Entry:
    """As an entry of the stream would be."""
    return Entry(identity, {b"event": b"state", b"state": state, b"attempt": attempt})
