"""Fills the pages with what the code itself describes.

A comment in a page names it, for example `<!-- generated: command -->`. GitHub shows nothing in its place, the site what `celeriac --help` and the docstrings contain.
"""

import re

import typer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from typer.cli import get_docs_for_click
from typer.main import get_command

from celeriac.command.main import app

MARK = re.compile(r"^<!-- generated: (\w+)(?: ([\w.]+)( with members)?)? -->$", re.MULTILINE)
# Each command has a section of its own: a list of their first words adds nothing.
LIST_OF_COMMANDS = re.compile(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.MULTILINE)
DIRECTIVES = {kind: f"auto{kind}" for kind in ("class", "exception", "function", "method")}


def fill(_app: Sphinx, page: str, source: list[str]) -> None:
    """Replace each of these comments in a page that Sphinx has read."""
    source[0] = MARK.sub(lambda mark: _generated(page, *mark.groups()), source[0])


def _generated(page: str, kind: str, name: str | None, members: str | None) -> str:
    if kind == "command" and name is None:
        return command_reference()
    if kind in DIRECTIVES and name is not None:
        return _documentation(kind, name, with_members=members is not None)
    raise ExtensionError(f"{page}: nobody generates {kind} {name or ''}")


def command_reference() -> str:
    """Every command of `celeriac` with its arguments and options, in Markdown."""
    command = get_command(app)
    markdown = get_docs_for_click(obj=command, ctx=typer.Context(command), name="celeriac", indent=1)
    return LIST_OF_COMMANDS.sub("", markdown)


def _documentation(kind: str, name: str, *, with_members: bool) -> str:
    """The directive of autodoc for this object, which is reStructuredText, as its docstring is read."""
    lines = [f".. {DIRECTIVES[kind]}:: {name}", *(["   :members:"] if with_members else [])]
    return "\n".join(["```{eval-rst}", *lines, "```"])
