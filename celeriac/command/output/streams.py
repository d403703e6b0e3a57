"""Writes to standard output (data) and standard error (words for people)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from celeriac.command.output.refusal import Failure, Refusal
from celeriac.command.output.visible import visible

RED, YELLOW, GREEN, DIM = "1;31", "33", "32", "2"


class PipeClosed(Exception):
    """Nobody reads the output any more: the command ends, without a word."""


def write(text: str) -> None:
    """Write a text and a line end to standard output, as it is."""
    with _writing():
        try:
            sys.stdout.write(f"{text}\n")
        except UnicodeEncodeError:
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # always a TextIOWrapper
            sys.stdout.write(f"{text}\n")


def flush() -> None:
    """Have all that was written so far read by whoever reads."""
    with _writing():
        sys.stdout.flush()


@contextmanager
def _writing() -> Iterator[None]:
    """`PipeClosed` where nobody reads, and a `Failure` where the disk is full, for example."""
    try:
        yield
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        drop_output()
        raise Failure(f"Standard output cannot be written: {error.strerror}.") from error


def say(*lines: str) -> None:
    """Lines for people, on standard error. Control characters in them are made visible."""
    with suppress(BrokenPipeError):
        sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
        sys.stderr.flush()


def say_refusal(refusal: Refusal) -> None:
    """Up to three lines: what, why, and what to do."""
    lines = [("Error:", str(refusal), RED), ("Why:  ", refusal.why, DIM), ("Try:  ", refusal.advice, DIM)]
    with suppress(BrokenPipeError):
        for label, text, style in lines:
            if text:
                sys.stderr.write(f"{styled(label, style, sys.stderr)} {visible(text)}\n")
        sys.stderr.flush()


def styled(text: str, style: str, stream: TextIO) -> str:
    """The text in a colour (a number of ECMA-48 SGR), where this stream shows colours."""
    return f"\x1b[{style}m{text}\x1b[0m" if has_colours(stream) else text


def has_colours(stream: TextIO) -> bool:
    """Whether it is a terminal, and nobody asked for no colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def drop_output() -> None:
    """Have nothing written to standard output any more, at the exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
