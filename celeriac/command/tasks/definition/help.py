"""The help of one definition: its parameters, an example, and its result."""

import shlex
from typing import TYPE_CHECKING

from celeriac.command.output.visible import one_line, visible
from celeriac.command.tasks.definition.find import Definition
from celeriac.command.tasks.input.example import example_words, words_of
from celeriac.command.tasks.input.label import label_of
from celeriac.command.tasks.input.parameters import parameters_of
from celeriac.values.json.shape import Shape

if TYPE_CHECKING:
    from typer._click import HelpFormatter

LONGEST_EXAMPLE = 500
NO_PARAMETERS = [("(none)", "This task has no parameters.")]


def write_definition(definition: Definition, command: str, formatter: "HelpFormatter") -> None:
    """Write it; `command` is what the user runs, such as `celeriac submit`."""
    formatter.write_usage(f"{command} {one_line(definition.name)}", "[KEY=VALUE]... [OPTIONS]")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(visible(definition.description))
    with formatter.section("Parameters"):
        rows = [
            (one_line(row.name), one_line(f"{row.facts}. {row.description}".rstrip()))
            for row in parameters_of(definition.input)
        ]
        formatter.write_dl(rows or NO_PARAMETERS)
    with formatter.section("Example"):
        formatter.write_text(one_line(f"{command} {shlex.join([definition.name, *example_of(definition)])}"))
    with formatter.section("Result"):
        formatter.write_text(one_line(_result(definition.output)))


def example_of(definition: Definition) -> list[str]:
    """The first of the definition's own examples, if it is short; otherwise the required parameters."""
    for example in definition.examples[:1]:
        words = words_of(example, definition.input)
        if sum(map(len, words)) <= LONGEST_EXAMPLE:
            return words
    required = definition.input.required()
    members = definition.input.members().items()
    return [word for name, member in members if name in required for word in example_words(name, member)]


def _result(shape: Shape) -> str:
    members = ", ".join(shape.members())
    return label_of(shape) + (f" ({members})" if members else "")
