"""What whoever typed `make run` sees: the lines of all parts, each with the name of its part in its colour."""

import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

COLOURS = {"valkey": "magenta", "worker": "yellow", "api": "cyan", "celeriac": "green"}
WIDTH = max(map(len, COLOURS))


class Terminal:
    """Writes to standard output; when that is gone (a closed window, `| head`), writing does nothing."""

    def __init__(self) -> None:
        """The colours are settled here: none with NO_COLOR or where the output is no terminal."""
        console = Console(highlight=False)
        self._prefixes = {name: _rendered(console, name, colour) for name, colour in COLOURS.items()}
        self._gone = False

    def say(self, *lines: str) -> None:
        """Lines of the supervisor itself."""
        self.show("celeriac", lines)

    def show(self, name: str, lines: Iterable[str]) -> None:
        """Lines of the part of this name."""
        prefix = self._prefixes[name]
        self._write("".join(f"{prefix}{line}\n" for line in lines))

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            self._gone = True
            # What is still buffered would fail once more when Python ends, and spoil the exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rendered(console: Console, name: str, colour: str) -> str:
    """The prefix with the codes of this terminal, made once: rich is too slow for every line of a busy log."""
    with console.capture() as capture:
        console.print(f"[{colour}]{escape(name):<{WIDTH}} │[/] ", end="", soft_wrap=True)
    return capture.get()
