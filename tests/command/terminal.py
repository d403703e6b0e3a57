"""A program in a pseudo-terminal, as a person has it in front of them."""

import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from lab.harness.waiting import wait_until

# Makes the terminal the one that Ctrl-C comes from.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
CTRL_C = b"\x03"


class PseudoTerminal:
    """Use as a context manager; the program ends with it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        directory: Path,
        environment: Mapping[str, str],
        *,
        columns: int = 80,
    ) -> None:
        """Start the program there."""
        self._parent, child = pty.openpty()
        termios.tcsetwinsize(child, (24, columns))
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *map(str, command)],
            cwd=directory,
            env=environment,
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
        )
        os.close(child)
        self.text = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, words: str, *, times: int = 1) -> None:
        """Return when the program has written these words so many times; fails when it has ended."""
        wait_until(
            lambda: self.text.count(words) >= times or self._process.poll() is not None, 120, what=words
        )
        assert self.text.count(words) >= times, self.text

    def press_ctrl_c(self) -> None:
        """As the keyboard does."""
        os.write(self._parent, CTRL_C)

    def type(self, text: str) -> None:
        """As a person does."""
        os.write(self._parent, text.encode())

    def exit_code(self) -> int:
        """Wait for its end, and for all that it wrote."""
        code = self._process.wait(120)
        self._reader.join(10)
        return code

    def _read(self) -> None:
        with suppress(OSError):  # the program has ended
            while some := os.read(self._parent, 65_536):
                self.text += some.decode(errors="replace").replace("\r\n", "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(10)
        os.close(self._parent)
