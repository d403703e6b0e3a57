"""Runs the command in this process, which is faster than many programs."""

import io
import sys
from dataclasses import dataclass

import pytest

from celeriac.command.main import main


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    output: str
    words: str


class Celeriac:
    """`celeriac` in this process; each call has the settings that it names, and standard input is empty."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        """With the environment of each call alone."""
        self._patch, self._capture = patch, capture

    def __call__(self, *options: object, stdin: str = "", **settings: object) -> Ended:
        """Run it with these options and settings."""
        with self._patch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"CELERIAC_{name.upper()}", str(value))
            patch.setattr(sys, "argv", ["celeriac", *map(str, options)])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            with pytest.raises(SystemExit) as ended:
                main()
        return Ended(int(ended.value.code or 0), *self._capture.readouterr())
