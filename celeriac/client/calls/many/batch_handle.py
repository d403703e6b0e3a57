"""What can be asked of one batch."""

from typing import Any, cast

from celeriac.client.calls.described import Described, object_of
from celeriac.client.calls.many.batch_result import BatchResult
from celeriac.client.calls.many.batch_results import Lines, Order
from celeriac.client.calls.submission import JSON, new_key
from celeriac.client.calls.waiting import until_ready
from celeriac.client.documents import BatchDocument
from celeriac.client.errors import BatchEnded, BatchGone, TimedOut
from celeriac.client.flow.call import call, series, task_call
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.request import Answer, Request, path_of
from celeriac.client.wire.trace import trace_headers


class BatchHandle:
    """A batch by its id, with the document that was read last."""

    def __init__(self, client: Described, document: BatchDocument) -> None:
        """The client asks."""
        self._client = client
        self._document = document

    @property
    def id(self) -> str:
        """The batch's id. `after` of a submission can name it."""
        return self._document["batch_id"]

    @property
    def document(self) -> BatchDocument:
        """The document that was read last: `refresh` reads it again."""
        return self._document

    @property
    def ready(self) -> bool:
        """Whether all its tasks had ended when it was read last."""
        return self._document["ready"]

    @property
    def successful(self) -> bool | None:
        """Whether all its tasks have succeeded; None until it is ready."""
        return self._document["successful"]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} of {self._document['total']:,} tasks>"

    def __eq__(self, handle: object) -> bool:
        return isinstance(handle, BatchHandle) and self.id == handle.id

    def __hash__(self) -> int:
        return hash(self.id)

    @task_call
    def refresh(self, *, timeout: float | None = None) -> Flow[Any]:
        """Read the batch again; returns the handle itself."""
        self._document = yield from read_batch(self.id, self._client.deadline(timeout))
        return self

    @task_call
    def wait(self, *, timeout: float | None = None) -> Flow[Any]:
        """Wait for the end of all tasks; returns the handle itself.

        Raises `TimedOut` if they have not ended within `timeout` (seconds; None: they may take as long as they do).
        """
        deadline = self._client.long_deadline(timeout)
        self._document = yield from until_ready(
            lambda wait: read_batch(self.id, deadline, wait=wait), self._document, deadline, self._timed_out
        )
        return self

    @series
    def results(self, *, order: Order = "items") -> Series[BatchResult]:
        """Iterate over what has become of its items: in their order, as it is now; or, with `order="ends"`, as they end.

        With `order="ends"` it goes on until the batch is ready. After a loss of the connection it continues where it was.
        """
        deadline = self._client.long_deadline(None)
        lines = Lines(self.id, order, deadline)
        while True:
            is_last = order == "items" or self._document["ready"]
            yield from lines.follow()
            if is_last:
                return
            # The API may have closed the answer before, because it was restarted.
            self._document = yield from read_batch(self.id, deadline, wait=1)

    @task_call
    def cancel(self, *, terminate: bool = False, timeout: float | None = None) -> Flow[Any]:
        """Cancel the tasks that have not ended; returns the handle itself. `terminate` ends those that run.

        Raises `BatchEnded` if it has ended otherwise.
        """
        body = b'{"terminate":true}' if terminate else None
        headers = {"Content-Type": JSON} if terminate else {}
        request = Request("POST", path_of("batches", self.id, "cancel"), headers, body)
        deadline = self._client.deadline(timeout)
        try:
            self._document = batch_of((yield from answer_to(request, deadline)))
        except BatchEnded:
            self._document = yield from read_batch(self.id, deadline)
            if not self._document["cancel_requested"]:  # otherwise it is cancelled already
                raise
        return self

    @task_call
    def retry(self, *, idempotency_key: str | None = None, timeout: float | None = None) -> Flow[Any]:
        """Run again what failed, and what was cancelled because of that; returns the handle of the new batch.

        Raises `BatchNotEnded` if it is not ready.
        """
        key = new_key() if idempotency_key is None else idempotency_key
        headers = {"Idempotency-Key": key, **trace_headers()}
        request = Request("POST", path_of("batches", self.id, "retry"), headers)
        answer = yield from answer_to(request, self._client.long_deadline(timeout))
        return self._client.batch_handle(batch_of(answer))

    @call
    def forget(self, *, timeout: float | None = None) -> Flow[None]:
        """Delete the batch, which is ready. Its tasks stay. Raises `BatchNotEnded` if it is not ready."""
        try:
            yield from answer_to(
                Request("DELETE", path_of("batches", self.id)), self._client.deadline(timeout)
            )
        except BatchGone:
            return  # it is forgotten already, perhaps by a request whose answer was lost

    def _timed_out(self, document: BatchDocument | None) -> TimedOut:
        return TimedOut(
            f"Batch {self.id} is not ready in time. It goes on, and can be waited for again.",
            batch_id=self.id,
        )


def read_batch(batch_id: str, deadline: Deadline, *, wait: int = 0) -> Flow[BatchDocument]:
    """The document of a batch, at its end or after the wait."""
    return batch_of((yield from answer_to(Request("GET", path_of("batches", batch_id), wait=wait), deadline)))


def batch_of(answer: Answer) -> BatchDocument:
    """The document of a batch in an answer."""
    return cast("BatchDocument", object_of(answer, "batch_id", "total", "ready", "successful"))
