"""Holds the submission of a task, to repeat it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celeriac.files.store.store import Blob
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.protocol.kombu_forms import plain_text
from celeriac.ledger.protocol.message import decoded_input, mark_in, trace_of
from celeriac.values.states import Priority


@dataclass(frozen=True)
class Original:
    """The submission of a task, to repeat it."""

    name: str
    input: bytes
    trace: Trace | None
    # Where the submission names one.
    queue: str | None = None
    # The tasks to whose results the input refers, and how they had to end.
    references: tuple[str, ...] = ()
    when: When = When.SUCCEEDED
    tags: tuple[str, ...] = ()
    # The options of flow control that the submission names (JSON); "" for none.
    flow: str = ""
    # Of an item of a batch: `when` and the numbers of the items that it runs after, and its name there.
    edges: str = ""
    name_in_batch: str | None = None
    # Whom to notify of the end.
    notify: str | None = None
    priority: Priority | None = None
    fair: str | None = None
    # The large files of its input and of its result.
    files: tuple[Blob, ...] = ()
    # Of a task that Celery has published, in place of an input: its message, as the record has it.
    message: bytes | None = None
    # The mark of the definition under which it was accepted; None: nobody knows, as of a task that Celery has published.
    definition: str | None = None

    @property
    def input_json(self) -> bytes:
        """The input as JSON, also where the task takes objects of Python (celeriac/ledger/protocol/kombu_forms.py)."""
        return plain_text(decoded_input(self.input))


def from_reply(reply: Sequence[Any]) -> Original | None:
    """As read_original.lua answers; None if the task has no record."""
    if not reply:
        return None
    *fields, blobs = reply
    (
        name, encoded, headers, queue, tags, when, results, flow, edges, name_in_batch, notify, priority, fair, envelope,
        message,
    ) = fields  # fmt: skip
    return Original(
        name.decode(),
        encoded,
        trace_of(headers) if headers else None,
        queue.decode() or None,
        tuple(results.decode().split()),
        When(when.decode() or When.SUCCEEDED),
        tuple(tags.decode().split()),
        flow.decode(),
        edges.decode(),
        name_in_batch.decode() or None,
        notify.decode() or None,
        Priority(priority.decode()) if priority else None,
        fair.decode() or None,
        tuple(Blob(digest.decode(), int(size)) for digest, size in zip(*[iter(blobs)] * 2, strict=True)),
        message or None,
        mark_in(envelope.decode()),
    )
