"""The command against APIs that tests share."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from lab.harness.servers import API, environment
from tests.command.running import Celeriac, Ended
from tests.command.terminal import PseudoTerminal

COMMAND = [sys.executable, "-m", "celeriac.command"]
# A title for the window, a clear screen, a colour, C1's own control sequence, a mark that reorders, and a lone return.
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b2J\u202egnp.exe\rOK"

Ask = Callable[..., Ended]
Open = Callable[..., PseudoTerminal]


@pytest.fixture
def ask(celeriac: Celeriac, api: API) -> Ask:
    """The command in this process, for the shared API that has a worker."""
    return lambda *words, **settings: celeriac(*words, **{"url": url_of(api.port), **settings})


@pytest.fixture
def ask_quiet(celeriac: Celeriac, quiet: httpx.Client) -> Ask:
    """The same for the API without a worker."""
    return lambda *words, **settings: celeriac(*words, **{"url": str(quiet.base_url), **settings})


@pytest.fixture
def terminal(api: API, tmp_path: Path) -> Iterator[Open]:
    """The command in a terminal of this many columns; it ends with the test."""
    opened: list[PseudoTerminal] = []

    def start(*words: str, columns: int = 80, url: str = "", **variables: str) -> PseudoTerminal:
        settings = environment(url=url or url_of(api.port), config=tmp_path / "config.toml")
        inherited = {name: value for name, value in settings.items() if name not in ("COLUMNS", "NO_COLOR")}
        opened.append(
            PseudoTerminal(
                [*COMMAND, *words], tmp_path, {**inherited, "TERM": "xterm", **variables}, columns=columns
            )
        )
        return opened[-1]

    yield start
    for one_terminal in opened:
        one_terminal.__exit__()


@pytest.fixture
def hostile_task(client: httpx.Client) -> str:
    """The id of a task that failed with such a message."""
    answer = client.post("/fail", json={"message": HOSTILE}, params={"wait": 50})
    return str(answer.json()["task_id"])


def url_of(port: int) -> str:
    """Of an API on this machine."""
    return f"http://127.0.0.1:{port}"


def new_twins(client: httpx.Client) -> tuple[str, str, str]:
    """The ids of two new tasks, and their common beginning."""
    beginning = uuid4().hex[:7]
    first, second = (f"{beginning}{digit}-{str(uuid4())[9:]}" for digit in "ab")
    for task_id in (first, second):
        answer = client.put(f"/tasks/{task_id}", json={"name": "add", "input": {"x": 4, "y": 5}})
        assert answer.is_success, answer.text
    return first, second, beginning


def piped(words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """The outcome of these words of a shell, in which `celeriac` is the command."""
    script = f'celeriac() {{ {sys.executable} -m celeriac.command "$@"; }}; set -o pipefail; {words}'
    return subprocess.run(
        ["bash", "-c", script], env=environment(**settings), capture_output=True, text=True, check=False
    )
