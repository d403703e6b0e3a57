"""Writes what an API says of its things as docstrings, from which nothing can escape."""

import textwrap

WIDTH = 100


def docstring(text: str, *, indent: str) -> list[str]:
    """The lines of a docstring with this text; none for no text. The first line, its summary, stays whole."""
    summary, *rest = text.strip().splitlines() or [""]
    lines = [summary, *(part for line in rest for part in _wrapped(line.rstrip(), WIDTH - len(indent)))]
    written = _without_empty_ends([f"{indent}{_escaped(line)}".rstrip() for line in lines])
    match written:
        case []:
            return []
        case [line]:
            return [f'{indent}"""{_closable(line.strip())}"""']
        case [first, *rest]:
            return [f'{indent}"""{first.strip()}', *rest, f'{indent}"""']
    raise AssertionError(written)


def _wrapped(line: str, width: int) -> list[str]:
    """The line in lines of this width; a long word stays whole."""
    content = line.lstrip()
    margin = line[: len(line) - len(content)]
    return textwrap.wrap(
        content,
        max(width, 2 * len(margin)),
        initial_indent=margin,
        subsequent_indent=f"{margin}    " if margin else "",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _escaped(line: str) -> str:
    """The line without anything that ends a string, or that an editor does not show."""
    letters = (
        letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line.replace("\\", "\\\\")
    )
    return "".join(letters).replace('"""', '\\"\\"\\"')


def _closable(line: str) -> str:
    """The line with its last quote escaped, for quotes follow."""
    before = line.removesuffix('"')
    backslashes = len(before) - len(before.rstrip("\\"))
    return f'{before}\\"' if before != line and backslashes % 2 == 0 else line


def _without_empty_ends(lines: list[str]) -> list[str]:
    filled = [at for at, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else []
