"""Reads what `@FILE`, `@-` and `-` name, up to a limit for one input."""

import sys
from pathlib import Path
from typing import BinaryIO

from celeriac.command.tasks.input.errors import InputError

# More than the API accepts unless its limit (CELERIAC_MAX_BODY_BYTES) was raised to 64 times the default.
LARGEST = 64 * 1024 * 1024


class NamedBytes(bytes):
    """The content of a file, with its name; None for standard input."""

    name: str | None = None

    @classmethod
    def of(cls, content: bytes, name: str | None) -> "NamedBytes":
        """These bytes with this name."""
        named = cls(content)
        named.name = name
        return named


class Files:
    """The files of one input."""

    def __init__(self, stdin: BinaryIO | None = None) -> None:
        """Standard input is read at most once."""
        self._stdin = stdin
        self._left = LARGEST
        self._is_stdin_read = False

    def read(self, place: str, *, parameter: str = "") -> bytes:
        """The content of a file, or of standard input for `-`."""
        if place == "-":
            return self._read_stdin()
        try:
            path = Path(place).expanduser()
            with path.open("rb") as file:
                return NamedBytes.of(self._take(file, place), path.name)
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "its name is not valid"
            raise InputError(
                f"The file {place!r} cannot be read: {reason}.", _advice(place, parameter)
            ) from None

    def _read_stdin(self) -> bytes:
        if self._is_stdin_read:
            raise InputError(
                "Standard input is named twice.", "Use '-' once; read the other values from files."
            )
        self._is_stdin_read = True
        return self._take(self._stdin or sys.stdin.buffer, "standard input")

    def _take(self, file: BinaryIO, place: str) -> bytes:
        content = file.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise InputError(
                f"The input is larger than {LARGEST // 1024**2} MiB, at {place}.",
                "Put the data where the worker can read it, and submit its address.",
            )
        return content


def text_of(content: bytes, place: str) -> str:
    """The content as text, which is UTF-8; a byte order mark at its beginning is not part of it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place} is not text in UTF-8 (byte {error.start}).",
            "Convert it to UTF-8, or use a parameter of bytes.",
        ) from None


def _advice(place: str, parameter: str) -> str:
    if parameter:
        return f"Check its path. To send the text itself, write {parameter}=@@{place}"
    return "Check its path."
