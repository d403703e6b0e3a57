"""Reads queues, and operates them."""

from typing import cast

from celeriac.client.calls.described import Described, items_of, object_of
from celeriac.client.documents import QueueDocument, RejectedMessage
from celeriac.client.flow.call import call
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow
from celeriac.client.wire.request import Request, path_of


class Queues(Described):
    """`queues`, `queue`, `pause`, `resume`, `purge` and `rejected`."""

    @call
    def queues(self, *, timeout: float | None = None) -> Flow[list[QueueDocument]]:
        """All queues, with their numbers."""
        return items_of((yield from answer_to(Request("GET", "/queues"), self.deadline(timeout))))

    @call
    def queue(self, name: str, /, *, timeout: float | None = None) -> Flow[QueueDocument]:
        """One queue, with its numbers."""
        return (yield from self._of_queue("GET", name, timeout=timeout))

    @call
    def pause(self, name: str, /, *, timeout: float | None = None) -> Flow[QueueDocument]:
        """Pause a queue: workers take no tasks from it until it is resumed."""
        return (yield from self._of_queue("POST", name, "pause", timeout=timeout))

    @call
    def resume(self, name: str, /, *, timeout: float | None = None) -> Flow[QueueDocument]:
        """Resume a queue: workers take tasks from it again."""
        return (yield from self._of_queue("POST", name, "resume", timeout=timeout))

    @call
    def purge(self, name: str, /, *, timeout: float | None = None) -> Flow[int]:
        """Cancel all queued tasks of a queue, and return how many there were.

        A lost answer raises `ConnectionLost`: a second purge would cancel what was submitted meanwhile, too.
        """
        request = Request("POST", path_of("queues", name, "purge"), repeatable=False)
        count: int = object_of((yield from answer_to(request, self.deadline(timeout))), "cancelled")[
            "cancelled"
        ]
        return count

    @call
    def rejected(
        self, name: str, /, *, limit: int | None = None, timeout: float | None = None
    ) -> Flow[list[RejectedMessage]]:
        """The messages of a queue that no worker could read, the newest first."""
        query = [("limit", str(limit))] if limit is not None else []
        request = Request("GET", path_of("queues", name, "rejected", query=query))
        return items_of((yield from answer_to(request, self.deadline(timeout))))

    def _of_queue(self, method: str, *parts: str, timeout: float | None) -> Flow[QueueDocument]:
        request = Request(method, path_of("queues", *parts))
        answer = yield from answer_to(request, self.deadline(timeout))
        return cast("QueueDocument", object_of(answer, "name", "depth", "paused"))
