"""The commands about tasks, in a terminal: a bar, Ctrl-C, narrow, and safe."""

import io
import re
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from celeriac.client.events import Output, Progress
from celeriac.command.tasks.follow.live import LiveScreen
from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.command.tasks.conftest import Ask, Open, url_of
from tests.support.marks import linux_only

pytestmark = linux_only

# What a bar consists of.
BAR = "━"
ID = r"(?m)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# Sets the title of a terminal, moves its cursor, and reverses the direction of text.
HOSTILE = "\x1b]0;owned\x07 \x9b31m \x1b[2J \u202egnp.exe \r hidden"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Tasks that wait for this file go on when it exists."""
    return tmp_path / "gate"


def test_a_bar_shows_the_progress_and_lines_come_above_it(ask: Ask, terminal: Open, gate: Path) -> None:
    task_id = ask("submit", "tell_all", "lines=3", f"until={gate}").output.strip()
    with terminal("watch", task_id) as screen:
        screen.wait_for("100%")
        assert screen.text.index("line 0\n") < screen.text.index(BAR)
        assert f"tell_all {task_id[:8]}" in screen.text
        assert "counting" in screen.text
        screen.wait_for("first second")
        gate.touch()
        assert screen.exit_code() == 0
        assert without_codes(screen.text).rstrip().endswith('"told"')
        assert "\x1b[?25h" in screen.text, "the cursor is shown again"


def test_run_shows_a_bar_and_then_the_bare_result(terminal: Open) -> None:
    with terminal("run", "primes", "limit=100000") as screen:
        assert screen.exit_code() == 0
        assert without_codes(screen.text).endswith('{\n  "count": 9592,\n  "largest": 99991\n}\n')


@pytest.mark.parametrize(
    "words", [["run", "hold"], ["submit", "hold", "--wait"], ["submit", "hold", "--follow"]], ids=" ".join
)
def test_ctrl_c_leaves_the_task_running_and_says_how_to_cancel_it(
    words: list[str], terminal: Open, client: httpx.Client, gate: Path
) -> None:
    with terminal(*words, f"until={gate}") as screen:
        screen.wait_for("running")
        screen.press_ctrl_c()
        assert screen.exit_code() == 130
        (task_id,) = re.findall(r"Task (\S+) goes on\.\n", screen.text)
        assert f"Watch:   celeriac watch {task_id}\n  Cancel:  celeriac cancel {task_id}\n" in screen.text
        assert "Traceback" not in screen.text
    assert client.get(f"/tasks/{task_id}").json()["state"] == "running"
    gate.touch()
    wait_until(lambda: client.get(f"/tasks/{task_id}").json()["state"] == "succeeded")


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_without_colours_there_are_lines_only(setting: dict[str, str], terminal: Open) -> None:
    with terminal("submit", "tell_all", "lines=1", "--follow", **setting) as screen:
        assert screen.exit_code() == 0
        assert "line 0\nfirst second\n" in screen.text
        assert "\x1b" not in screen.text


def test_each_line_that_is_typed_is_submitted_at_once_until_ctrl_c(terminal: Open) -> None:
    with terminal("submit", "add", "-") as screen:
        for count in (1, 2):
            screen.type('{"x": 4, "y": 5}\n')
            wait_until(lambda: len(re.findall(ID, screen.text)) == count)  # noqa: B023 - it is called here
        screen.press_ctrl_c()
        assert screen.exit_code() == 130
        assert screen.text.rstrip().endswith("Interrupted: 2 submitted.")


def test_a_bar_fits_into_40_columns(terminal: Open, gate: Path) -> None:
    with terminal("submit", "tell_all", "lines=3", f"until={gate}", "--follow", columns=40) as screen:
        screen.wait_for("100%")
        gate.touch()
        assert screen.exit_code() == 0
        drawn = [line for line in re.split(r"\r|\n", without_codes(screen.text)) if BAR in line]
        assert drawn
        assert max(map(len, drawn)) <= 40


def test_no_text_of_a_task_steers_the_terminal(ask: Ask, terminal: Open) -> None:
    logged = ask("submit", "say_and_return", f"text={HOSTILE}").output.strip()
    failed = ask("submit", "fail", f"message={HOSTILE}").output.strip()
    for words in (["watch", failed], ["watch", logged, failed]):
        assert_harmless(words, terminal)
    assert_harmless(["run", "say_and_return", f"text={HOSTILE}"], terminal)
    assert_harmless(["run", "say_and_return", f"text={HOSTILE}", "--raw"], terminal)
    assert ask("run", "say_and_return", f"text={HOSTILE}", "--raw").output == f"{HOSTILE}\n", (
        "a pipe gets it as it is"
    )


def test_a_watch_goes_on_after_a_restart_of_the_api(
    terminal: Open, valkey: Valkey, directory: Path, gate: Path, ask: Ask
) -> None:
    task_id = ask("submit", "tell_all", "lines=3", f"until={gate}").output.strip()
    with (
        running_api(directory, redis_url=valkey.url) as other,
        terminal("watch", task_id, url=url_of(other)) as screen,
    ):
        screen.wait_for("100%")
        other.kill()
        other.restart_if_ended()
        gate.touch()
        assert screen.exit_code() == 0
        assert screen.text.count("line 0\n") == 1
        assert without_codes(screen.text).rstrip().endswith('"told"')


def test_a_message_of_a_task_is_text_and_not_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # however narrow the terminal is in which the tests run
    screen = LiveScreen(is_data=False)
    screen.begin("0d9cbd4e", "[bold]add[/]")
    screen.show("0d9cbd4e", Progress(1, 2, "[/b] [red]half[/red]"))
    screen.show("0d9cbd4e", Output({"no": "text"}))
    screen.show("0d9cbd4e", Output("[/i] begun"))
    console = Console(width=120, file=io.StringIO())
    with console.capture() as capture:
        console.print(screen._renderable())
    screen.close()
    assert "[bold]add[/] 0d9cbd4e" in capture.get()
    assert "[/b] [red]half[/red]" in capture.get()
    assert "[/i] begun\n" in capture.get()
    assert '{"no": "text"}\n' in capsys.readouterr().err  # a whole line, above the bars


def assert_harmless(words: list[str], terminal: Open) -> None:
    """None of the codes in the text reaches the terminal."""
    with terminal(*words) as screen:
        screen.exit_code()
        for code in ("\x1b]0;", "\x07", "\x9b", "\x1b[2J", "\u202e"):
            assert code not in screen.text, (words, screen.text)
        assert "owned" in screen.text


def without_codes(text: str) -> str:
    """What a person sees of it."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
