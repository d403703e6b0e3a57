"""Finds a name that appears twice in one object of JSON."""

from collections.abc import Iterable
from typing import Any


def doubled_name(members: Iterable[tuple[str, Any]]) -> str:
    """The first name that comes a second time; "" if none does."""
    names: set[str] = set()
    for name, _ in members:
        if name in names:
            return name
        names.add(name)
    return ""
