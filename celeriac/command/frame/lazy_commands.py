"""Makes a subcommand when it is used: making all takes longer than Python's start."""

import inspect
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command, get_group

if TYPE_CHECKING:
    from typer._click import Command as AnyCommand


@dataclass(frozen=True)
class Entry:
    """A subcommand that is not made yet, and what the help of its group shows."""

    section: str
    summary: str
    make: "Callable[[], AnyCommand]"


class LazyCommands(MutableMapping[str, "AnyCommand"]):
    """The subcommands of a group by name; each is made at its first use, and kept."""

    def __init__(self, entries: dict[str, Entry], made: "MutableMapping[str, AnyCommand]") -> None:
        """The entries, then those that are made already."""
        self._entries, self._made = entries, made

    def __getitem__(self, name: str) -> "AnyCommand":
        if name not in self._made and name in self._entries:
            self._made[name] = self._entries[name].make()
        return self._made[name]

    def __setitem__(self, name: str, command: "AnyCommand") -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        self._entries.pop(name, None)
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._entries, *self._made)))

    def __len__(self) -> int:
        return len(set(self._entries) | set(self._made))


def entry_of(section: str, name: str, function: Callable[..., None], **settings: Any) -> Entry:
    """The entry of the command that calls this function; `settings` are those of typer."""

    def make() -> "AnyCommand":
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=name, rich_help_panel=section, **settings)(function)
        return get_command(app)

    return Entry(section, _first_sentence(inspect.getdoc(function) or ""), make)


def group_entry_of(section: str, app: typer.Typer) -> Entry:
    """The entry of a group of commands."""
    return Entry(section, _first_sentence(str(app.info.help)), lambda: get_group(app))


def _first_sentence(text: str) -> str:
    first, _, _ = text.partition("\n\n")
    return first.replace("\n", " ").partition(". ")[0].rstrip(".") + "."
