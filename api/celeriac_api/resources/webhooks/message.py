"""Makes the body of a delivery: type of the event, time, document of its subject."""

from celeriac.ledger.model.states import State
from celeriac.ledger.tables.deliveries import Delivery
from celeriac_api.resources.batches.documents import document_of
from celeriac_api.response.task_document import task_document, timestamp


def event_type(delivery: Delivery) -> str:
    """The type of the event, such as `task.succeeded`."""
    if delivery.batch is not None:
        return "batch.succeeded" if delivery.batch.successful else "batch.failed"
    return f"task.{delivery.task.state if delivery.task else State.FAILED}"


def body_of(delivery: Delivery) -> bytes:
    """The body, the same for each attempt. A result that is too large for it is null, and `result_omitted` is true."""
    if delivery.batch is not None:
        document = document_of(delivery.batch).model_dump_json().encode()
        return _body(delivery, document, ended_at=delivery.batch.ended_at, is_omitted=False)
    task = delivery.task
    if task is None:
        raise ValueError(f"delivery {delivery.id} has no subject")
    is_omitted = task.state is State.SUCCEEDED and task.result is None
    document = task_document(task, show_traceback=False)
    return _body(delivery, document, ended_at=task.ended_at, is_omitted=is_omitted)


def _body(delivery: Delivery, document: bytes, *, ended_at: int | None, is_omitted: bool) -> bytes:
    return b'{"type":"%b","timestamp":"%b","result_omitted":%b,"data":%b}' % (
        event_type(delivery).encode(),
        timestamp(ended_at or delivery.created_at).encode(),
        b"true" if is_omitted else b"false",
        document,
    )
