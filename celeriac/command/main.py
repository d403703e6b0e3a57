"""`celeriac`: the options of the command itself, and its list of subcommands."""

from typing import Annotated

import typer

from celeriac.version import VERSION

app = typer.Typer(name="celeriac", add_completion=False, no_args_is_help=True)


def main() -> None:
    """What the installed script calls."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
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
