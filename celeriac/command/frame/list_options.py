"""The options of commands that list things, and of those about things of an owner."""

from typing import Any

import typer


def of_owner(things: str) -> Any:
    """The option --owner of a list of these."""
    return _owner(f"Only {things} of this owner, for a key with the scope admin.")


def whose(thing: str) -> Any:
    """The option --owner of a command about one of these."""
    return _owner(f"Whose {thing} it is, for a key with the scope admin.")


def at_most(things: str) -> Any:
    """The option --limit of a list of these."""
    return typer.Option(metavar="NUMBER", min=0, help=f"At most this number of {things}; 0 for all.")


def _owner(text: str) -> Any:
    return typer.Option(metavar="OWNER", show_default=False, help=text)
