"""Turns what a program prints into log lines when the log is JSON."""

import io
import logging
import sys
import threading
from typing import BinaryIO, TextIO

from celeriac.settings import LogFormat
from celeriac.telemetry.logs import Facts, formatter

# A line that does not end is cut here.
LONGEST = 65_536


def log_prints(facts: Facts) -> None:
    """From now on, text that this process and its forks print becomes JSON, each line with these fields."""
    for name, level in (("stdout", logging.INFO), ("stderr", logging.WARNING)):
        stream = getattr(sys, f"__{name}__")
        if stream is not None:
            setattr(sys, name, _Prints(stream, name, level, facts))


class _Prints(io.TextIOBase):
    """In the place of `sys.stdout` or `sys.stderr`. Each thread has a line of its own."""

    # Whoever writes bytes goes past it.
    buffer: BinaryIO

    def __init__(self, stream: TextIO, name: str, level: int, facts: Facts) -> None:
        super().__init__()
        self._stream, self._name, self._level, self._facts = stream, name, level, facts
        self._formatter = formatter(LogFormat.JSON)
        self._local = threading.local()
        self.buffer = stream.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        return self._stream.encoding

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *whole, rest = (getattr(self._local, "rest", "") + text).replace("\r", "\n").split("\n")
        self._local.rest = rest
        for line in whole:
            self._say(line)
        if len(rest) > LONGEST:
            self.flush()
        return len(text)

    def flush(self) -> None:
        rest, self._local.rest = getattr(self._local, "rest", ""), ""
        self._say(rest)

    def _say(self, line: str) -> None:
        if line.strip():
            record = logging.LogRecord(self._name, self._level, "", 0, line, None, None)
            for name, value in self._facts(record).items():
                setattr(record, name, value)
            self._stream.write(self._formatter.format(record) + "\n")
            self._stream.flush()
