"""Finds a batch by the beginning of its id."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from celeriac.command.look.task_ids import TaskIds

if TYPE_CHECKING:
    from celeriac.client.client import Batch, Client


class BatchIds(TaskIds):
    """The ids of the newest batches."""

    noun, plural, member, list_command = "batch", "batches", "batch_id", "celeriac batch list"

    def all(self) -> Iterator[Any]:
        """The documents of all, the newest first."""
        return (batch.document for batch in self.client.batches())

    def description(self, document: Any) -> str:
        """What tells it from others."""
        return f"{document['label'] or ''}  {document['total']:,} tasks".strip()


def whole_id(client: "Client", text: str) -> str:
    """The id that this is, or of which it is the beginning."""
    return BatchIds(client).whole(text)


def found(client: "Client", text: str) -> "Batch":
    """The batch whose id this is, or begins so."""
    return client.get_batch(whole_id(client, text))
