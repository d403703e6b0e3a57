"""The command `celeriac` for blocks of shell: a service only reads its arguments."""

import sys

import typer
from typer.main import get_command

from celeriac.command.main import app, main

# They serve until Ctrl-C, or show something to a person.
ONLY_READ = {"api", "open", "up", "worker"}


def read_arguments(arguments: list[str]) -> None:
    """Refuse what the command would refuse before it begins."""
    group = get_command(app)
    context = group.make_context("celeriac", arguments)
    name, command, rest = group.resolve_command(context, arguments)  # type: ignore[attr-defined]  # it is a group
    command.make_context(name, rest, parent=context)


if __name__ == "__main__":
    if set(sys.argv[1:2]) & ONLY_READ:
        try:
            read_arguments(sys.argv[1:])
        except typer.Exit as ending:
            sys.exit(ending.exit_code)
    else:
        main()
