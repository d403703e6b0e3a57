"""Prints one thing or a list of things in the form that `--output` names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Any, TypeVar

from celeriac.command.output.column import Column
from celeriac.command.output.json_text import json_document, json_line
from celeriac.command.output.streams import flush, say, write
from celeriac.command.output.visible import one_line

Item = TypeVar("Item")
# So many rows are aligned together; a longer list appears in parts.
ROWS_AT_ONCE = 200


class Form(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"
    IDS = "ids"


@dataclass(frozen=True)
class Output:
    """How this command prints its data; a parameter of this type has the options `--output` and `--json`."""

    form: Form = Form.TABLE

    def show(
        self, document: Mapping[str, Any], *, identity: str, facts: Callable[[], Mapping[str, Any]]
    ) -> None:
        """Print one thing: its JSON document, its id, or facts about it, each with its label."""
        match self.form:
            case Form.JSON:
                write(json_document(document))
            case Form.IDS:
                write(one_line(identity))
            case Form.TABLE:
                from celeriac.command.output.table import facts_text

                write(facts_text(facts()))
        flush()

    def show_all(
        self,
        items: Iterable[Item],
        columns: Sequence[Column[Item]],
        *,
        identity: Callable[[Item], str],
        document: Callable[[Item], Any] = lambda item: item,
        empty: str,
        most: int = 0,
    ) -> None:
        """Print a list while it arrives, or its first `most`: a JSON document a line, an id a line, or a table.

        Where it is empty, standard output is so, too; where a table was asked for, standard error has the sentence `empty`.
        """
        to_text = self._text_maker(columns, identity=identity, document=document)
        is_empty = True
        for part in _parts(islice(items, most or None)):
            is_empty = False
            write(to_text(part))
            flush()
        if is_empty and empty and self.form is Form.TABLE:
            say(empty)

    def _text_maker(
        self,
        columns: Sequence[Column[Item]],
        *,
        identity: Callable[[Item], str],
        document: Callable[[Item], Any],
    ) -> Callable[[Sequence[Item]], str]:
        match self.form:
            case Form.JSON:
                return lambda items: "\n".join(json_line(document(item)) for item in items)
            case Form.IDS:
                return lambda items: "\n".join(one_line(identity(item)) for item in items)
            case Form.TABLE:
                from celeriac.command.output.table import Table  # slow to load

                return Table(columns).text


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    for first in iterator:
        yield list(chain([first], islice(iterator, ROWS_AT_ONCE - 1)))
