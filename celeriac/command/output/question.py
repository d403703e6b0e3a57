"""Asks before what cannot be undone."""

import sys

import typer

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import say
from celeriac.command.output.visible import one_line


def require_yes(question: str, *, is_confirmed: bool) -> None:
    """Return if it was confirmed by `--yes`, or is now; otherwise the command ends."""
    if is_confirmed:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refusal(
            "This cannot be undone, and nobody can be asked.",
            why="Standard input or standard error is not a terminal.",
            advice="Add --yes if you are sure.",
        )
    if not typer.confirm(one_line(question), err=True):
        say("Nothing was done.")
        raise typer.Exit(ExitCode.FAILED)
