"""`celeriac`: the options of the command itself, and its list of subcommands."""

import sys
from typing import Annotated

import typer

from celeriac.command import one_service, up
from celeriac.command.keys import options as keys
from celeriac.command.new import new
from celeriac.command.refusal import Refusal
from celeriac.version import VERSION

app = typer.Typer(name="celeriac", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.command(name="up")(up.up)
app.command(name="api", context_settings=one_service.PASS_ON)(one_service.api)
app.command(name="worker", context_settings=one_service.PASS_ON)(one_service.worker)
app.command(name="new")(new)
app.add_typer(keys.app)


def main() -> None:
    """What the installed script calls."""
    try:
        app()
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(refusal.exit_code)


def _print_version(is_version_asked: bool) -> None:
    if is_version_asked:
        typer.echo(f"celeriac {VERSION}")
        raise typer.Exit


@app.callback()
def _celeriac(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """The HTTP front door to a Celery worker pool."""
