"""Reads the task id of a request, and finds the task."""

from typing import Annotated

from fastapi import Path
from pydantic import StringConstraints

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import Task
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.errors import Problem, TaskNotFound
from celeriac_api.response.task_document import EXAMPLE_ID

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


async def find(ledger: Ledger, task_id: str, *, owner: str | None) -> Task:
    """The task with this id; 404 when there never was one, or it is another owner's."""
    task = await ledger.read(task_id, owner=owner)
    if task is None:
        raise not_found(task_id)
    return task


def not_found(task_id: str) -> TaskNotFound:
    """The refusal for an unknown id."""
    return TaskNotFound(
        f"No task has the id {task_id[:100]!r}: it was never accepted here, or its record expired long ago."
    )


# Without a function of Python's: that would cost a third of a microsecond.
TaskID = Annotated[
    str,
    StringConstraints(pattern=UUID, to_lower=True),
    Path(description="The task's id, a UUID.", examples=[EXAMPLE_ID]),
]


class OfTask(Parameters):
    """The parameters of a route that is about one task, and takes no others."""

    task_id: TaskID

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """404 unless it could be an id."""
        return not_found(text.lower())
