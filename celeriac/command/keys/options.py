"""The options of `celeriac keys` and its commands."""

from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.output.refusal import require_packages

app = typer.Typer(
    name="keys",
    no_args_is_help=True,
    help="Create, list, rotate and revoke keys. They are in the Redis of CELERIAC_REDIS_URL, or of the celeriac up of "
    "this directory.",
)

Name = Annotated[str, typer.Argument(show_default=False, help="The name of the key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the API returns it.")]


@app.callback()
def _keys() -> None:
    require_packages("keys", "api", "redis", "hiredis")


@app.command()
def create(
    name: Name,
    *,
    scope: Annotated[
        list[str],
        typer.Option(
            show_default=False,
            help="submit, submit:NAME, submit:PREFIX*, read, cancel, operate, metrics or admin. Repeat it for several.",
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


@app.command(name="list")
def list_all(*, json: AsJson = False) -> None:
    """List all keys, without their secrets."""
    from celeriac.command.keys import actions

    actions.list_all(as_json=json)


@app.command()
def show(name: Name, *, json: AsJson = False) -> None:
    """Show one key, without its secret."""
    from celeriac.command.keys import actions

    actions.show(name, as_json=json)


@app.command()
def rotate(
    name: Name,
    *,
    overlap: Annotated[str, typer.Option(help="How long the old secret stays valid: 1h, 7d.")] = "0",
) -> None:
    """Give a key a new secret, and print it: standard output contains only the secret."""
    from celeriac.command.keys import actions

    actions.rotate(name, overlap=overlap)


@app.command()
def revoke(name: Name) -> None:
    """Revoke a key. Every process of the API refuses it within 5 seconds."""
    from celeriac.command.keys import actions

    actions.revoke(name)


@app.command()
def first(
    file: Annotated[Path, typer.Argument(show_default=False, help="Where the secret is kept.")],
) -> None:
    """Create the key "admin" if no key was ever created, and keep it in FILE.

    It prints the key when it creates it. docker compose runs this before the API.
    """
    from celeriac.command.keys import first_key

    first_key.create(file)
