"""Receives a batch: the handler of `POST /batches`."""

from dataclasses import replace
from uuid import UUID, uuid5

from starlette.responses import Response

from celeriac.ledger.model.batch import Batch, NewBatch
from celeriac.ledger.model.notification import to_text
from celeriac.ledger.tables.batches import BatchTable
from celeriac.settings import Settings
from celeriac_api.access.caller import Caller
from celeriac_api.request import body
from celeriac_api.request.call import Call
from celeriac_api.request.new_id import new_id
from celeriac_api.request.submission.options import Key
from celeriac_api.resources.batches.documents import document_of
from celeriac_api.resources.batches.intake.array import receive_array
from celeriac_api.resources.batches.intake.line_by_line import receive_lines
from celeriac_api.resources.batches.parameters import NewBatchParameters, not_found
from celeriac_api.response.address import address
from celeriac_api.response.json_bytes import Answer
from celeriac_api.submissions import Submissions

LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
# The namespace of the ids of batches with a key (RFC 9562 §5.5).
NAMESPACE = UUID("6f0d0a4e-2c6b-4f0e-9a55-6b1d7c1f0c1e")


class Receiving:
    """What receives batches."""

    def __init__(self, table: BatchTable, submissions: Submissions, settings: Settings) -> None:
        """A line is as long as a body may be."""
        self._table, self._submissions = table, submissions
        self._largest = settings.max_body_bytes

    async def post(self, call: Call[NewBatchParameters, None]) -> Response:
        """202 with the document of the batch, once all of it is accepted."""
        media = body.media_type(call.fields, LINES[0], body.JSON, *LINES[1:])
        receive = receive_lines if media in LINES else receive_array
        caller, key = call.caller, call.parameters.key(call.caller.owner)
        new = new_batch(self._submissions, caller, key, label=call.parameters.label)
        if targets := call.parameters.targets:
            for url, _ in targets:
                self._submissions.require_target(url, at="?notify")
            new = replace(new, notify=to_text(targets))
        largest = call.caller.most_bytes(self._largest)
        is_known = await receive(self._table, self._submissions, call, new, largest=largest)
        batch = await self._table.read(new.batch_id, owner=None)
        if batch is None:
            raise not_found(new.batch_id)
        return answer(batch, is_known=is_known)


def new_batch(submissions: Submissions, caller: Caller, key: Key | None, *, label: str | None) -> NewBatch:
    """A batch to begin. With a key, its id follows from the key and its owner."""
    batch_id = new_id() if key is None else str(uuid5(NAMESPACE, f"{key.owner}\0{key.text}"))
    submitter = submissions.submitter(caller)
    return NewBatch(
        batch_id=batch_id, label=label, submitter=submitter, accepted_as=batch_id, is_keyed=key is not None
    )


def answer(batch: Batch, *, is_known: bool) -> Response:
    """202 with the document of a batch that was accepted, now or earlier."""
    headers = {"location": address(f"/batches/{batch.batch_id}"), "retry_after": "1"}
    if is_known:
        headers["idempotent_replayed"] = "true"
    return Answer(document_of(batch).model_dump_json().encode(), 202, **headers)
