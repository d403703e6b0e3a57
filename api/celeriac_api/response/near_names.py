"""Suggests names near an unknown one, and shortens a list of names."""

import difflib
from collections.abc import Collection

MOST_LISTED = 20
LONGEST_NAME = 100
HOW_NAMES_COME = "The API serves a new task within a second after a worker with it has started."


def shown(name: str) -> str:
    """The unknown name itself, as much of it as a name can have."""
    return repr(name[:LONGEST_NAME])


def suggestion(name: str, names: Collection[str]) -> str:
    """A question that names the nearest of those that are known, or nothing."""
    cut = name[:LONGEST_NAME]
    # Tasks of an existing app have the names of their modules: shop.tasks.charge.
    near = [each for each in names if "." in each and each.rpartition(".")[2] == cut]
    near = near[:1] or difflib.get_close_matches(cut, names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def listed(all_names: Collection[str]) -> str:
    """The first of these names, and how many more there are."""
    names = list(all_names)
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more
