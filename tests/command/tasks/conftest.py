"""The command against the API and the worker that tests share."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lab.harness.servers import API, environment
from tests.command.running import Celeriac, Ended
from tests.command.terminal import PseudoTerminal

COMMAND = [sys.executable, "-m", "celeriac.command"]

Ask = Callable[..., Ended]
Open = Callable[..., PseudoTerminal]


@pytest.fixture
def ask(celeriac: Celeriac, api: API) -> Ask:
    """The command in this process, for the shared API, as in a pipe."""

    def call(*words: object) -> Ended:
        return celeriac(*words, url=url_of(api))

    return call


@pytest.fixture
def piped(api: API, tmp_path: Path) -> Ask:
    """The command as a program, with bytes on its standard input."""

    def call(*words: str, stdin: bytes) -> Ended:
        done = subprocess.run(
            [*COMMAND, *words],
            env=environment(url=url_of(api), config=tmp_path / "config.toml"),
            input=stdin,
            capture_output=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def terminal(api: API, tmp_path: Path) -> Open:
    """The command in a terminal of this many columns."""

    def opened(*words: str, columns: int = 80, url: str = "", **more: str) -> PseudoTerminal:
        settings = environment(url=url or url_of(api), config=tmp_path / "config.toml")
        variables = {**settings, "TERM": "xterm", "COLUMNS": str(columns), **more}
        command: Sequence[str] = [*COMMAND, *words]
        return PseudoTerminal(command, tmp_path, variables)

    return opened


def url_of(api: API) -> str:
    """Its address."""
    return f"http://127.0.0.1:{api.port}"
