"""`celeriac open`: opens the page of the server in the browser."""

from typing import Annotated

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.refusal import Failure
from celeriac.command.output.streams import say


@with_shared_options
def open_page(
    task_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", show_default=False, help="A task, by its id or the beginning of it."),
    ] = None,
    *,
    server: Server,
) -> None:
    """Open the page of the server in your browser, or the page of one task."""
    import webbrowser

    from celeriac.command.look.task_ids import TaskIds

    with server.client() as client:
        view = f"#/tasks/{TaskIds(client).whole(task_id)}" if task_id else ""
        address = f"{client.base_url}/{view}"
    say(f"Opening {address}")
    if not webbrowser.open(address):
        raise Failure("No browser was found.", advice=f"Open {address} yourself.")
