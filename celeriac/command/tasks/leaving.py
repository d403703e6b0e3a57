"""Ctrl-C leaves tasks running, and tells how to watch and cancel them."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from celeriac.command.connect.server import Server
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import say

if TYPE_CHECKING:
    from celeriac.client.documents import TaskDocument

MOST_IDS = 5


@contextmanager
def leaving(server: Server, ids: Sequence[str], *, is_accepted: bool = True) -> Iterator[None]:
    """Ctrl-C, or the end of the time, ends the command with its exit code, and no task."""
    from celeriac.client.errors import TimedOut
    from celeriac.command.tasks.follow.tasks import TimeOver

    try:
        yield
    except KeyboardInterrupt:
        say("", *_farewell(server, list(ids), is_accepted=is_accepted))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except (TimeOver, TimedOut):
        if not ids:
            raise
        raise Refusal(
            f"Task {ids[0]} has not ended in time, and goes on.",
            advice=command_line(server, "watch", ids[0]),
            exit_code=ExitCode.TIMED_OUT,
        ) from None


def advice_for(server: Server) -> "Callable[[TaskDocument], str]":
    """What one can do after the end of a task."""

    def advice(document: "TaskDocument") -> str:
        action = "get" if document["state"] == "failed" else "retry"
        return command_line(server, action, document["task_id"])

    return advice


def command_line(server: Server, *words: str) -> str:
    """What the user runs for the same server; a key is not shown."""
    options = [
        *(["--url", server.url] if server.url else []),
        *(["--profile", server.profile] if server.profile else []),
    ]
    return shlex.join(["celeriac", *options, *words])


def _farewell(server: Server, ids: list[str], *, is_accepted: bool) -> list[str]:
    if not ids:
        return ["Interrupted."]
    if not is_accepted:
        return [f"Interrupted. The task may have been accepted: {command_line(server, 'get', ids[0])}"]
    first = ids[:MOST_IDS]
    subject = f"Task {ids[0]} goes on." if len(ids) == 1 else f"{len(ids)} tasks go on."
    more = [f"  and {len(ids) - MOST_IDS} more"] if len(ids) > MOST_IDS else []
    return [
        subject,
        f"  Watch:   {command_line(server, 'watch', *first)}",
        f"  Cancel:  {command_line(server, 'cancel', *first)}",
        *more,
    ]
