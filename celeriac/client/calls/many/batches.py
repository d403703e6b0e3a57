"""Submits batches, and finds them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celeriac.client.calls.described import Described
from celeriac.client.calls.many.batch_handle import batch_of, read_batch
from celeriac.client.calls.many.batch_items import BatchItem, BatchItems
from celeriac.client.calls.submission import new_key
from celeriac.client.flow.call import batch_call, batch_series
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.body import SpooledBody
from celeriac.client.wire.request import LINES, Request, path_of
from celeriac.client.wire.trace import trace_headers

LONGEST_PAGE = 200


class Batches(Described):
    """`batch`, `batches` and `get_batch`."""

    @batch_call
    def batch(
        self,
        items: Iterable[BatchItem],
        /,
        *,
        label: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Flow[Any]:
        """Submit many tasks as a batch, and return its handle.

        Each item is a `Step`, or a mapping as the API takes it: `{"name": "add", "input": {"x": 4, "y": 5}}`. A step can refer to the results of earlier
        ones. Its task gets an id from the batch, not that of the step. Of steps, a batch has at most 100,000; mappings have no limit.

        All items are written to a temporary file before the first is sent. After a loss of the connection they are sent again, and each is accepted
        once. A refused item raises its error, whose `problem` has `line`, `accepted` and `batch_id`: the items before it are accepted.
        With an `idempotency_key` of your own, call again with the mended items to go on. `timeout` is for the whole (None: as long as it takes).
        """
        body = SpooledBody()
        try:
            BatchItems().write(items, body)
            key = new_key() if idempotency_key is None else idempotency_key
            headers = {"Content-Type": LINES, "Idempotency-Key": key, **trace_headers()}
            query = [] if label is None else [("label", label)]
            request = Request("POST", path_of("batches", query=query), headers, body)
            answer = yield from answer_to(request, self.long_deadline(timeout))
        finally:
            body.close()
        return self.batch_handle(batch_of(answer))

    @batch_call
    def get_batch(self, batch_id: str | UUID, /, *, timeout: float | None = None) -> Flow[Any]:
        """Read a batch, and return its handle. Raises `BatchNotFound` or `BatchGone`."""
        return self.batch_handle((yield from read_batch(str(batch_id), self.deadline(timeout))))

    @batch_series
    def batches(self, *, owner: str | None = None, timeout: float | None = None) -> Series[Any]:
        """Iterate over the handles of batches, the newest first. `owner` is for a key with the scope `admin`. `timeout` is for each page."""
        query = [("limit", str(LONGEST_PAGE)), *([] if owner is None else [("owner", owner)])]
        yield from self._listed("batches", query, timeout, self.batch_handle)
