"""Fails a task that this worker does not know, with the reason.

Celery's own consumer leaves the record as it was, and writes the whole message into the log.

To report to Celery: `on_unknown_task` logs the body of the message, which may be secret.
"""

import logging
from typing import Any
from uuid import uuid4

from celery import states
from celery.app.task import Context
from celery.exceptions import NotRegistered

from celeriac.ledger.for_workers import Granted
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.ledger.protocol.message import ORIGIN
from celeriac_worker.run.failure import unknown_task_sentence

logger = logging.getLogger(__name__)


def fail_unknown(consumer: Any, message: Any) -> None:
    """End the task of this message; a message from another program is also rejected."""
    task_id, name = message.headers["id"], message.headers["task"]
    unknown = NotRegistered(unknown_task_sentence(name))
    logger.error("task %s: %s", task_id, unknown.args[0], extra={"task_id": task_id, "task_name": name})
    if message.headers.get("origin") == ORIGIN:
        message.ack_log_error(logger, consumer.connection_errors)
        _end(consumer.app, task_id, unknown, worker=consumer.hostname)
    else:
        message.reject_log_error(logger, consumer.connection_errors)
        consumer.app.backend.mark_as_failure(task_id, unknown, request=Context(id=task_id, task=name))


def _end(app: Any, task_id: str, unknown: NotRegistered, *, worker: str) -> None:
    """In the ledger, unless the task is somebody else's by now."""
    token = uuid4().hex
    if isinstance(app.consumer.claim(app.backend.claim(task_id, token, worker)), Granted):
        document = app.backend.document(unknown, states.FAILURE, request=Context(id=task_id))
        failure = Failure("NotRegistered", unknown.args[0])  # whose text is made for a KeyError
        app.consumer.end(task_id, token=token, state=State.FAILED, failure=failure, document=document)
