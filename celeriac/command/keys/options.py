"""The options of `celeriac keys` and its commands."""

from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.frame.help import Command, typer_app
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output
from celeriac.command.output.refusal import require_packages

app = typer_app(
    "keys",
    "Create, list, rotate and revoke keys. They are in the Redis of CELERIAC_REDIS_URL, or of the celeriac up of "
    "this directory.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The name of the key.")]


@app.callback()
def _keys() -> None:
    require_packages("keys", "api", "redis", "hiredis")


@app.command(cls=Command)
def create(
    name: Name,
    *,
    scope: Annotated[
        list[str],
        typer.Option(
            show_default=False,
            help="submit, submit:NAME, submit:PREFIX*, read, cancel, operate, metrics, webhooks or admin. Repeat it for several.",
        ),
    ],
    owner: Annotated[
        str | None, typer.Option(show_default=False, help="Whose tasks they are. Default: the key's name.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(show_default=False, help="90d, or 2027-01-31T00:00:00Z. Default: never.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(show_default=False, help="Submissions per second, on average.")
    ] = None,
    burst: Annotated[int | None, typer.Option(show_default=False, help="Submissions at once.")] = None,
    unfinished: Annotated[int | None, typer.Option(show_default=False, help="Unfinished tasks.")] = None,
    body_bytes: Annotated[int | None, typer.Option(show_default=False, help="Size of a body.")] = None,
    waits: Annotated[int | None, typer.Option(show_default=False, help="Requests that wait at once.")] = None,
    streams: Annotated[int | None, typer.Option(show_default=False, help="Event streams at once.")] = None,
    for_file: Annotated[
        bool, typer.Option("--for-file", help="Print an entry for CELERIAC_KEYS_FILE; Redis is not used.")
    ] = False,
) -> None:
    """Create a key, and print it: standard output contains only the key.

    It is shown once, because only its SHA-256 is kept.

    Example: celeriac keys create ci --scope submit:add --expires 90d
    """
    from celeriac.command.keys import actions  # slow to load

    limits = {
        "rate": rate,
        "burst": burst,
        "unfinished": unfinished,
        "body_bytes": body_bytes,
        "waits": waits,
        "streams": streams,
    }
    key = actions.new_key(name, scope, owner=owner, expires=expires, limits=limits)
    if for_file:
        actions.print_entry(key)
    else:
        actions.create(key)


@app.command(name="list", cls=Command)
@with_shared_options
def list_all(*, output: Output) -> None:
    """List all keys, without their secrets."""
    from celeriac.command.keys import actions

    actions.list_all(output)


@app.command(cls=Command)
@with_shared_options
def show(name: Name, *, output: Output) -> None:
    """Show one key, without its secret."""
    from celeriac.command.keys import actions

    actions.show(output, name)


@app.command(cls=Command)
def rotate(
    name: Name,
    *,
    overlap: Annotated[str, typer.Option(help="How long the old secret stays valid: 1h, 7d.")] = "0",
) -> None:
    """Give a key a new secret, and print it: standard output contains only the secret."""
    from celeriac.command.keys import actions

    actions.rotate(name, overlap=overlap)


@app.command(cls=Command)
def revoke(name: Name) -> None:
    """Revoke a key. Every process of the API refuses it within 5 seconds."""
    from celeriac.command.keys import actions

    actions.revoke(name)


@app.command(cls=Command)
def first(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="Where the secret is kept.")
    ],
) -> None:
    """Create the key "admin" if no key was ever created, and keep it in FILE.

    It prints the key when it creates it. docker compose runs this before the API.
    """
    from celeriac.command.keys import first_key

    first_key.create(file)
