"""`celeriac queues`, `pause`, `resume`, `purge` and `rejected`."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.completion import complete_queues
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.column import Column
from celeriac.command.output.moments import age, rough
from celeriac.command.output.output import Form, Output
from celeriac.command.output.question import require_yes
from celeriac.command.output.streams import say

QueueName = Annotated[
    str,
    typer.Argument(
        metavar="QUEUE", show_default=False, autocompletion=complete_queues, help="The name of the queue."
    ),
]
# The API says so of a queue that will not be empty at its present rates.
NEVER_SECONDS = 31_536_000


@with_shared_options
def queues(*, server: Server, output: Output) -> None:
    """List the queues, with the tasks that wait and the workers."""
    with server.client() as client:
        output.show_all(
            client.queues(), _columns(), identity=lambda queue: queue["name"], empty="There is no queue."
        )


@with_shared_options
def pause(queue: QueueName, *, server: Server, output: Output) -> None:
    """Pause a queue: workers take no tasks from it until it is resumed."""
    with server.client() as client:
        document = client.pause(queue)
    _show_change(output, document, f"The queue {queue!r} is paused. celeriac resume {queue} resumes it.")


@with_shared_options
def resume(queue: QueueName, *, server: Server, output: Output) -> None:
    """Resume a queue: workers take tasks from it again."""
    with server.client() as client:
        document = client.resume(queue)
    _show_change(output, document, f"The queue {queue!r} is not paused any more.")


@with_shared_options
def purge(
    queue: QueueName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server,
    output: Output,
) -> None:
    """Cancel all tasks that wait in a queue. It asks first.

    Running tasks go on. A cancelled task can be submitted again: celeriac retry.
    """
    with server.client() as client:
        depth = client.queue(queue)["depth"]
        require_yes(
            f"Cancel all tasks that wait in the queue {queue!r} of {client.base_url} (now {depth})?",
            is_confirmed=yes,
        )
        cancelled = client.purge(queue)
    say(f"{cancelled} {'task was' if cancelled == 1 else 'tasks were'} cancelled.")
    if output.form is Form.JSON:
        output.show({"cancelled": cancelled}, identity=queue, facts=dict)


@with_shared_options
def rejected(
    queue: QueueName,
    *,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=200, help="At most this number.")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List the messages of a queue that no worker could read, the newest first."""
    now = datetime.now(UTC)
    columns: list[Column[Any]] = [
        Column("AGE", lambda message: age(message["found_at"], now)),
        Column("REASON", lambda message: message["reason"]),
        Column("MESSAGE", lambda message: message["message"], leave_out=1, is_cut=True),
    ]
    with server.client() as client:
        output.show_all(
            client.rejected(queue, limit=limit),
            columns,
            identity=lambda message: message["found_at"],
            empty=f"The queue {queue!r} has no rejected message.",
        )


def _columns() -> list[Column[Any]]:
    return [
        Column("QUEUE", lambda queue: queue["name"]),
        Column("DEPTH", lambda queue: f"{queue['depth']}"),
        Column("OLDEST", lambda queue: rough(queue["oldest_wait_seconds"]) if queue["depth"] else "-"),
        Column(
            "WORKERS",
            lambda queue: f"{queue['workers']}",
            style=lambda queue: "" if queue["workers"] else "red",
        ),
        Column("IN/S", lambda queue: f"{queue['in_per_second']:.3g}", leave_out=3),
        Column("OUT/S", lambda queue: f"{queue['out_per_second']:.3g}", leave_out=2),
        Column("EMPTY IN", _drain, leave_out=4),
        Column(
            "PAUSED", lambda queue: "yes" if queue["paused"] else "", style=lambda _: "yellow", leave_out=1
        ),
    ]


def _show_change(output: Output, document: Any, sentence: str) -> None:
    say(sentence)
    if output.form is not Form.TABLE:
        output.show(document, identity=document["name"], facts=dict)


def _drain(queue: Any) -> str:
    if not queue["depth"]:
        return "-"
    return "never" if queue["drain_seconds"] >= NEVER_SECONDS else rough(queue["drain_seconds"])
