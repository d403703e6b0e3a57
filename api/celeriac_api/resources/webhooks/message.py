"""Makes the body of a delivery: type of the event, time, task document."""

from celeriac.ledger.model.states import State
from celeriac.ledger.tables.deliveries import Delivery
from celeriac_api.response.task_document import task_document, timestamp


def event_type(delivery: Delivery) -> str:
    """The type of the event, such as `task.succeeded`."""
    return f"task.{delivery.task.state if delivery.task else State.FAILED}"


def body_of(delivery: Delivery) -> bytes:
    """The body, the same for each attempt. A result that is too large for it is null, and `result_omitted` is true."""
    task = delivery.task
    if task is None:
        raise ValueError(f"delivery {delivery.id} has no subject")
    is_omitted = task.state is State.SUCCEEDED and task.result is None
    return b'{"type":"%b","timestamp":"%b","result_omitted":%b,"data":%b}' % (
        event_type(delivery).encode(),
        timestamp(task.ended_at or delivery.created_at).encode(),
        b"true" if is_omitted else b"false",
        task_document(task, show_traceback=False),
    )
