"""`celeriac get` and `celeriac list`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.list_options import at_most
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.look.filters import (
    CreatedAfter,
    CreatedBefore,
    Names,
    Owner,
    Queues,
    Schedule,
    States,
    Tags,
    time_of,
)
from celeriac.command.look.states import colour_of
from celeriac.command.look.task_facts import note_of, show_task
from celeriac.command.output.column import Column
from celeriac.command.output.moments import age
from celeriac.command.output.output import Form, Output

if TYPE_CHECKING:
    from celeriac.client.documents import State

TaskId = Annotated[
    str,
    typer.Argument(
        metavar="ID", show_default=False, help="The id of a task, or at least 4 characters of its beginning."
    ),
]


@with_shared_options
def get(task_id: TaskId, *, server: Server, output: Output) -> None:
    """Show a task: its state, its result or error, and its times.

    Example: celeriac get 0d9c
    """
    from celeriac.command.look.task_ids import TaskIds

    with server.client() as client:
        document = client.get(TaskIds(client).whole(task_id)).document
    show_task(output, document)


@with_shared_options
def list_tasks(
    *,
    state: States = None,
    name: Names = None,
    queue: Queues = None,
    tag: Tags = None,
    schedule: Schedule = None,
    created_after: CreatedAfter = None,
    created_before: CreatedBefore = None,
    owner: Owner = None,
    limit: Annotated[int, at_most("tasks")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List tasks, the newest first.

    Example: celeriac list --state failed --created-after 1d --output ids
    """
    now = datetime.now(UTC)
    with server.client() as client:
        tasks = client.tasks(
            state=cast("list[State]", [name_of_state.value for name_of_state in state or ()]),
            name=name,
            queue=queue,
            tag=tag,
            schedule=schedule,
            created_after=time_of("--created-after", created_after, now),
            created_before=time_of("--created-before", created_before, now),
            owner=owner,
            omit_results=output.form is not Form.JSON,
        )
        documents = (task.document for task in tasks)
        output.show_all(
            documents,
            task_columns(now),
            identity=lambda document: document["task_id"],
            empty="No task matches.",
            most=limit,
        )


def task_columns(now: datetime) -> list[Column[Any]]:
    """The columns of a list of tasks."""
    return [
        Column("ID", lambda document: document["task_id"], has_ids=True),
        Column("NAME", lambda document: document["name"]),
        Column(
            "STATE", lambda document: document["state"], style=lambda document: colour_of(document["state"])
        ),
        Column("AGE", lambda document: age(document["created_at"], now), leave_out=1),
        Column("QUEUE", lambda document: document["queue"], leave_out=3),
        Column("NOTE", note_of, leave_out=2, is_cut=True),
    ]
