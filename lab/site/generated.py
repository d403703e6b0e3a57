"""Fills the pages with what the code itself describes.

A comment in a page names it, for example `<!-- generated: command -->`. GitHub shows nothing in its place, the site what
`celeriac --help` and the docstrings contain. Docstrings are reStructuredText for autodoc, with code between single backticks.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from textwrap import dedent

import typer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from typer.cli import get_docs_for_click
from typer.main import get_command

from celeriac.command.main import app

MARK = re.compile(r"^<!-- generated: (\w+)(?: ([\w.]+))?(?:: ([\w ]+))? -->$", re.MULTILINE)
# Each command has a section of its own: a list of their first words adds nothing.
LIST_OF_COMMANDS = re.compile(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.MULTILINE)


EXAMPLE = re.compile(r"^(Example: )(celeriac .*)$", re.MULTILINE)


def fill(_app: Sphinx, page: str, source: list[str]) -> None:
    """Replace each of these comments in a page that Sphinx has read."""
    source[0] = MARK.sub(lambda mark: _generated(page, *mark.groups()), source[0])


def command_reference() -> str:
    """Every command of `celeriac` with its arguments and options, in Markdown."""
    command = get_command(app)
    markdown = get_docs_for_click(obj=command, ctx=typer.Context(command), name="celeriac", indent=1)
    return EXAMPLE.sub(r"\1`\2`", LIST_OF_COMMANDS.sub("", markdown))


def _generated(page: str, kind: str, name: str | None, names: str | None) -> str:
    if kind == "command":
        return command_reference()
    if kind not in KINDS or name is None:
        raise ExtensionError(f"{page}: nobody generates {kind} {name or ''}")
    return KINDS[kind](name, (names or "").split())


def _object(kind: str) -> Callable[[str, list[str]], str]:
    """One object, and below a class its members with these names, in this order."""

    def directives(name: str, members: list[str]) -> str:
        options = ["   :class-doc-from: class"] if members else []
        return _fenced(
            [f".. auto{kind}:: {name}", *options, "", *(_member(name, member) for member in members)]
        )

    return directives


def _members(name: str, members: list[str]) -> str:
    """The same without the class."""
    return _fenced([_member(name, member) for member in members])


def _member(name: str, member: str) -> str:
    owner = getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
    value = inspect.getattr_static(owner, member, None)
    kind = (
        "property"
        if isinstance(value, property)
        else "method"
        if callable(getattr(owner, member, None))
        else "attribute"
    )
    return f".. auto{kind}:: {name}.{member}\n"


def _classes(name: str, _: list[str]) -> str:
    """All public classes of a module, in its order, with their own members."""
    options = (
        "   :members:",
        "   :undoc-members:",
        "   :exclude-members: types",
        "   :class-doc-from: class",
        "",
    )
    kinds = {
        public: "exception" if issubclass(value, Exception) else "class"
        for public, value in _defined_in(name)
    }
    return _fenced(
        [line for public, kind in kinds.items() for line in (f".. auto{kind}:: {name}.{public}", *options)]
    )


def _text(name: str, _: list[str]) -> str:
    """What the docstring of a module has below its first paragraph, as it is."""
    below = (import_module(name).__doc__ or "").partition("\n\n")[2]
    return f"```text\n{dedent(below).strip()}\n```"


def _defined_in(name: str) -> Iterator[tuple[str, type]]:
    for public, value in vars(import_module(name)).items():
        if inspect.isclass(value) and value.__module__ == name and not public.startswith("_"):
            yield public, value


def _fenced(lines: list[str]) -> str:
    return "\n".join(["```{eval-rst}", *lines, "```"])


KINDS = {
    **{kind: _object(kind) for kind in ("class", "exception", "function")},
    "members": _members,
    "classes": _classes,
    "text": _text,
}
