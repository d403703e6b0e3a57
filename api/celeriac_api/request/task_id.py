"""Which task a request means, and finding it."""

import re

from starlette.requests import Request

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import Task
from celeriac_api.response.errors import TaskNotFound

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def asked_id(request: Request) -> str:
    """The id in the path; 404 unless it could be one."""
    task_id: str = request.path_params["task_id"].lower()
    if not UUID.fullmatch(task_id):
        raise not_found(task_id)
    return task_id


async def find(ledger: Ledger, task_id: str) -> Task:
    """The task with this id; 404 when there never was one."""
    task = await ledger.read(task_id)
    if task is None:
        raise not_found(task_id)
    return task


def not_found(task_id: str) -> TaskNotFound:
    """The refusal for an unknown id."""
    return TaskNotFound(
        f"No task has the id {task_id[:100]!r}: it was never accepted here, or was forgotten long ago."
    )
