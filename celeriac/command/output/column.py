"""A column of a table: its title, its cells, and how it shrinks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Column(Generic[Item]):
    """The column with this title; `cell` makes the text of an item, and `style` its colour, in rich's words."""

    title: str
    cell: Callable[[Item], str]
    style: Callable[[Item], str] | None = None
    # Columns with a higher number are left out first; those with 0 never.
    leave_out: int = 0
    # Contains ids, whose beginnings are enough where they differ.
    has_ids: bool = False
    # Ends with an ellipsis where there is no room for all of it.
    is_cut: bool = False
