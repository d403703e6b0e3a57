"""Which task a request means, and finding it."""

import re
from typing import Annotated

from fastapi import Path
from pydantic import BeforeValidator

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import Task
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.errors import TaskNotFound
from celeriac_api.response.task_document import EXAMPLE_ID

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def _task_id(given: str) -> str:
    task_id = given.lower()
    if not UUID.fullmatch(task_id):
        raise not_found(task_id)
    return task_id


# 404 unless it could be one.
TaskID = Annotated[
    str, BeforeValidator(_task_id), Path(description="The task's id, a UUID.", examples=[EXAMPLE_ID])
]


class OfTask(Parameters):
    """The parameters of a route that is about one task, and takes no others."""

    task_id: TaskID
