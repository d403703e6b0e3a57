"""Makes control characters visible: no text of a task can steer the terminal."""

import re

# C0 but for tab and line feed, DEL, C1, line and paragraph separators, marks that reorder or hide text, surrogates.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
IN_LINE = re.compile(rf"{CONTROL.pattern[:-1]}\t\n]")


def visible(text: str) -> str:
    r"""The text with `\x1b` and the like in place of control characters; tabs and line ends stay."""
    return CONTROL.sub(_escape, text)


def one_line(text: str) -> str:
    r"""The same in one line: tabs and line ends become `\t` and `\n`, too."""
    return IN_LINE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
