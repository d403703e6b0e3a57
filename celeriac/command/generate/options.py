"""The options of `celeriac generate`."""

from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options


@with_shared_options
def generate(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SERVER|FILE",
            show_default=False,
            help="The address of a server, or a file with its OpenAPI document (- is standard input). "
            "Default: the server of the options below.",
        ),
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="The module to write. Default: print it.",
        ),
    ] = Path("-"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if FILE is not up to date.")
    ] = False,
    server: Server,
) -> None:
    """Write a Python module with typed calls of all tasks.

    Example: celeriac generate openapi.json -o shop_client.py
    """
    from celeriac.command.generate import actions

    text = actions.generated(source, server)
    if check:
        actions.check(output, text)
    else:
        actions.write(output, text)
