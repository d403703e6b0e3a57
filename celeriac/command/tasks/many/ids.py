"""The ids of tasks that a command line names, or that standard input contains."""

from collections.abc import Iterator, Sequence

from celeriac.command.output.refusal import Refusal
from celeriac.command.tasks.input.files import text_of
from celeriac.command.tasks.many.lines import stdin_lines

STDIN = "-"


def texts_of_ids(words: Sequence[str]) -> Iterator[str]:
    """The words; `-` is each line of standard input, as it comes."""
    if list(words).count(STDIN) > 1:
        raise Refusal("Standard input is named twice.", advice="Use '-' once.")
    for word in words:
        if word == STDIN:
            yield from (text_of(line, f"line {number}").strip() for number, line in stdin_lines())
        else:
            yield word
