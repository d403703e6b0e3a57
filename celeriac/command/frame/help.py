"""Lays out the help: plain lines in sections, without loading rich."""

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from celeriac.command.frame.lazy_commands import Entry, LazyCommands

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter
    from typer._click.core import Parameter

# How typer shows the type of an option that has no metavar.
TYPE = re.compile(r"<([^>]*)>")
WORDS = {"int": "NUMBER", "float": "NUMBER", "path": "PATH", "bool": ""}
# A summary is wrapped, not cut.
WHOLE = 1_000
OPTIONS, COMMANDS = "Options", "Commands"
# The sections of commands, in this order.
TASKS, OPERATING, SERVERS, SERVICES = "Tasks", "Operating", "Servers and keys", "Your own server"
SECTIONS = (TASKS, OPERATING, SERVERS, SERVICES, COMMANDS)


class Command(TyperCommand):
    """A command whose help has its own options first, then those that it shares with others."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the sections, in the order of the parameters."""
        write_parameters(self.get_params(ctx), ctx, formatter)


class Group(TyperGroup):
    """A group of commands, in sections. Those in `entries` are made when they are used."""

    entries: ClassVar[dict[str, Entry]] = {}

    def __init__(self, **options: Any) -> None:
        """As typer makes it."""
        super().__init__(**options)
        self.commands = LazyCommands(self.entries, self.commands)

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the commands, which are more important here, then the options."""
        self.format_commands(ctx, formatter)
        write_parameters(self.get_params(ctx), ctx, formatter)

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write a section for each panel."""
        sections: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name in self.list_commands(ctx):
            if entry := self.entries.get(name):
                sections[entry.section].append((name, entry.summary))
            elif (command := self.get_command(ctx, name)) and not command.hidden:
                sections[COMMANDS].append((name, command.get_short_help_str(WHOLE)))
        for title in sorted(sections, key=SECTIONS.index):
            with formatter.section(title):
                formatter.write_dl(sections[title])


def write_parameters(parameters: "list[Parameter]", ctx: "Context", formatter: "HelpFormatter") -> None:
    """Write arguments, then options: a section for each panel; those without one first."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], OPTIONS: []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            sections["Arguments"].append((record[0].partition(" <")[0], record[1]))
        else:
            panel = getattr(parameter, "rich_help_panel", None)
            section = panel if isinstance(panel, str) else OPTIONS
            sections.setdefault(section, []).append((_with_words(record[0]), record[1]))
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def _with_words(names: str) -> str:
    """Names of options, with a word for people in place of the name of a Python type."""
    return TYPE.sub(lambda match: WORDS.get(match[1], "TEXT"), names)


def typer_app(name: str, text: str, *, cls: type[Group] = Group) -> typer.Typer:
    """A group of commands of this name; `text` is its help."""
    return typer.Typer(
        name=name,
        cls=cls,
        help=text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
