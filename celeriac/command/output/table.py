"""Lays out tables and facts: for a terminal of any width, or for a pipe."""

import os
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from celeriac.command.output.column import Column
from celeriac.command.output.streams import has_colours
from celeriac.command.output.visible import one_line, visible

Item = TypeVar("Item")
GAP = 2
# Of a column that is cut.
LEAST_WIDTH = 16
# Of an id.
LEAST_DIGITS = 8
# Wider than any line: in a pipe nothing is folded or cut.
UNLIMITED = 1_000_000


class Table(Generic[Item]):
    """A table that arrives in parts; the first one decides which columns it has, and how wide they are."""

    def __init__(self, columns: Sequence[Column[Item]]) -> None:
        """With all these columns, if there is room."""
        self._columns = list(columns)
        self._console = _console()
        self._widths: list[int] = []
        self._digits = 0

    def text(self, items: Sequence[Item]) -> str:
        """The next rows; below the titles, if they are the first ones."""
        is_first = not self._widths
        if is_first:
            self._choose(items)
        rows = [[self._cell(column, item) for column in self._columns] for item in items]
        self._widths = [
            max(width, *(cell_len(row[number]) for row in rows))
            for number, width in enumerate(self._widths or [len(column.title) for column in self._columns])
        ]
        grid = RichTable(
            box=None, show_header=is_first, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold"
        )
        for column, width in zip(self._columns, self._fitted(), strict=True):
            overflow: Literal["ellipsis", "fold"] = "ellipsis" if column.is_cut else "fold"
            grid.add_column(column.title, width=width, no_wrap=column.is_cut, overflow=overflow)
        for row, item in zip(rows, items, strict=True):
            cells = zip(row, self._columns, strict=True)
            grid.add_row(
                *(Text(cell, style=column.style(item) if column.style else "") for cell, column in cells)
            )
        return _rendered(self._console, grid)

    def _fitted(self) -> list[int]:
        """The widths, made smaller where the terminal has no room: of what is cut first, then the largest ones."""
        widths = list(self._widths)
        room = self._console.width - GAP * (len(widths) - 1)
        for number, column in enumerate(self._columns):
            if column.is_cut:
                excess = max(0, sum(widths) - room)
                widths[number] = max(min(widths[number], LEAST_WIDTH), widths[number] - excess)
        while sum(widths) > room and max(widths) > LEAST_DIGITS:
            widths[widths.index(max(widths))] -= 1
        return widths

    def _choose(self, items: Sequence[Item]) -> None:
        """Shorten ids, then leave out columns, until the rest fits."""
        if self._width(items) > self._console.width:
            self._digits = _digits(
                [column.cell(item) for column in self._columns if column.has_ids for item in items]
            )
        while self._width(items) > self._console.width:
            least = max(self._columns, key=lambda column: column.leave_out)
            if not least.leave_out:
                return
            self._columns.remove(least)

    def _width(self, items: Sequence[Item]) -> int:
        widths = [
            max(len(column.title), *(cell_len(self._cell(column, item)) for item in items))
            for column in self._columns
        ]
        is_terminal = self._console.width < UNLIMITED
        return sum(
            min(width, LEAST_WIDTH) if column.is_cut and is_terminal else width
            for width, column in zip(widths, self._columns, strict=True)
        ) + GAP * (len(widths) - 1)

    def _cell(self, column: Column[Item], item: Item) -> str:
        text = one_line(column.cell(item))
        return text[: self._digits] if column.has_ids and self._digits else text


def facts_text(facts: Mapping[str, Any]) -> str:
    """A line for each fact, behind its label; facts without a value are left out."""
    console = _console()
    grid = RichTable(box=None, show_header=False, padding=(0, GAP, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for label, value in facts.items():
        if value not in (None, ""):
            grid.add_row(label, value if isinstance(value, Text) else Text(visible(str(value))))
    return _rendered(console, grid)


def _console() -> Console:
    """For standard output: with colours and the width of the terminal, or neither."""
    is_terminal = sys.stdout.isatty()
    return Console(
        file=StringIO(),  # what is captured is written by whoever asks for it
        width=None if is_terminal else UNLIMITED,
        no_color=not has_colours(sys.stdout),
        force_terminal=is_terminal and has_colours(sys.stdout),
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
    )


def _rendered(console: Console, renderable: RenderableType) -> str:
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _digits(ids: Sequence[str]) -> int:
    """How many digits tell these ids apart."""
    distinct = set(ids)
    longest = max(map(len, distinct), default=0)
    return next(
        (
            digits
            for digits in range(LEAST_DIGITS, longest)
            if len({text[:digits] for text in distinct}) == len(distinct)
        ),
        longest,
    )
