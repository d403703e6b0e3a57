"""Lays out the help: plain lines in sections, without loading rich."""

from collections import defaultdict
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter
    from typer._click.core import Parameter

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
    """A group of commands, in sections."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the commands, which are more important here, then the options."""
        self.format_commands(ctx, formatter)
        write_parameters(self.get_params(ctx), ctx, formatter)

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write a section for each panel."""
        sections: dict[str, list[tuple[str, str]]] = defaultdict(list)
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        room = formatter.width - 6 - max(map(len, commands), default=0)
        for name, command in commands.items():
            if command is not None and not command.hidden:
                section = getattr(command, "rich_help_panel", None)
                title = section if isinstance(section, str) else COMMANDS
                sections[title].append((name, command.get_short_help_str(room)))
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
            sections.setdefault(panel if isinstance(panel, str) else OPTIONS, []).append(record)
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def typer_app(name: str, text: str) -> typer.Typer:
    """A group of commands of this name; `text` is its help."""
    return typer.Typer(name=name, cls=Group, help=text, no_args_is_help=True, rich_markup_mode=None)
