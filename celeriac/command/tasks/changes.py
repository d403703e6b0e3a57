"""`celeriac cancel`, `retry` and `forget`: change tasks, many at once if asked to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Form, Output
from celeriac.command.tasks.options import Ids, Input

if TYPE_CHECKING:
    from celeriac.client.client import Task


@with_shared_options
def cancel(
    ids: Ids,
    *,
    terminate: Annotated[
        bool,
        typer.Option(
            "--terminate",
            help="End a running task within three seconds: its process, or the coroutine of an async one.",
        ),
    ] = False,
    output: Output,
    server: Server,
) -> None:
    """Cancel tasks, and print their ids.

    A task that has not started never starts. A running task gets the request, and can still end in another way, unless
    it is terminated.

    Example: celeriac cancel 0d9cbd4e --terminate
    """

    def note(task: "Task") -> str:
        if task.ready:
            return ""
        more = "" if terminate else " If it does not end by itself, add --terminate."
        return f"{task.id} is running: its worker has the request.{more}"

    _change(server, ids, lambda task: task.cancel(terminate=terminate), "cancelled", output, note=note)


@with_shared_options
def retry(ids: Ids, *, whole: Input = None, output: Output, server: Server) -> None:
    """Run ended tasks again, as new tasks, and print the new ids.

    With --input (or --json TEXT), another input runs; it is for one task.

    Example: celeriac list --state failed --output ids | celeriac retry -
    """
    from celeriac.command.output.refusal import Refusal
    from celeriac.command.tasks.input.files import Files
    from celeriac.command.tasks.submission import understood, whole_input

    task_input = None
    if whole is not None:
        if len(ids) > 1 or (ids == ["-"]):
            raise Refusal("An input is for one task.", advice="celeriac retry ID --json TEXT")
        with understood("the task", has_id=False):
            task_input = whole_input(whole, Files())

    def again(task: "Task") -> "Task":
        with understood("the task", has_id=True):
            return task.retry(input=task_input)

    _change(server, ids, again, "retried", output)


@with_shared_options
def forget(ids: Ids, *, output: Output, server: Server) -> None:
    """Forget ended tasks, with their results, and print their ids. This cannot be undone.

    Example: celeriac forget 0d9cbd4e
    """

    def forgotten(task: "Task") -> "Task":
        task.forget()
        return task

    _change(server, ids, forgotten, "forgotten", output, has_document=False)


def _change(
    server: Server,
    ids: list[str],
    act: Callable[["Task"], "Task"],
    past: str,
    output: Output,
    *,
    has_document: bool = True,
    note: Callable[["Task"], str] = lambda _: "",
) -> None:
    from celeriac.command.look.task_ids import TaskIds
    from celeriac.command.output.json_text import json_line
    from celeriac.command.output.streams import flush, say, write
    from celeriac.command.tasks.many.each import Each
    from celeriac.command.tasks.many.ids import texts_of_ids

    def show(task: "Task") -> None:
        is_json = output.form is Form.JSON
        document = task.document if has_document else {"task_id": task.id}
        write(json_line(document) if is_json else task.id)
        flush()
        if text := note(task):
            say(text)

    with server.client() as client:
        task_ids = TaskIds(client)

        def change(text: str) -> "Task":
            return act(client.task(task_ids.whole(text)))

        Each(change, show, str, past).run(texts_of_ids(ids))
