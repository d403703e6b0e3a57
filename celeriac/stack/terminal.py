"""Prints the lines of all parts, each with its part's name, or as JSON."""

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from celeriac.settings import LogFormat

COLOURS = {"valkey": "magenta", "worker": "yellow", "api": "cyan", "celeriac": "green"}
WIDTH = max(map(len, COLOURS))


class Terminal:
    """Writes to standard output; after that is closed (a closed window, `| head`), writing does nothing."""

    def __init__(self, log_format: LogFormat = LogFormat.TEXT) -> None:
        """The colours are settled here: none with NO_COLOR or where the output is no terminal."""
        self._is_json = log_format is LogFormat.JSON
        console = Console(highlight=False)
        self._prefixes = {name: _rendered(console, name, colour) for name, colour in COLOURS.items()}
        self._is_gone = False

    def say(self, *lines: str) -> None:
        """Lines of the supervisor itself."""
        self.show("celeriac", lines)

    def show(self, name: str, lines: Iterable[str]) -> None:
        """Lines of the part of this name."""
        if self._is_json:
            self._write("".join(f"{_object(name, line)}\n" for line in lines if line.strip()))
        else:
            prefix = self._prefixes[name]
            self._write("".join(f"{prefix}{line}\n" for line in lines))

    def _write(self, text: str) -> None:
        if self._is_gone:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            self._is_gone = True
            # What is still buffered would fail once more when Python ends, and spoil the exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _object(name: str, line: str) -> str:
    """The line, if it is a JSON object; otherwise one around it, as celeriac/telemetry/logs.py has them."""
    if line.startswith("{"):
        try:
            json.loads(line)
        except ValueError:
            pass
        else:
            return line
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return json.dumps({"time": time, "level": "INFO", "logger": name, "message": line})


def _rendered(console: Console, name: str, colour: str) -> str:
    """The prefix with the codes of this terminal, made once: rich is too slow for every line of a busy log."""
    with console.capture() as capture:
        console.print(f"[{colour}]{escape(name):<{WIDTH}} │[/] ", end="", soft_wrap=True)
    return capture.get()
