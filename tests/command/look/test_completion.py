"""Completion in a shell offers names from the server, and nothing if there is none."""

import json

import pytest

from celeriac.stack.processes.ports import free_port
from tests.client.scripted import reply, scripted
from tests.command.look.conftest import Ask, url_of
from tests.command.running import Celeriac


def complete(ask: Celeriac | Ask, patch: pytest.MonkeyPatch, line: str, **settings: str) -> list[str]:
    """What bash offers at the end of this line."""
    with patch.context() as changed:
        changed.setenv("_CELERIAC_COMPLETE", "complete_bash")
        changed.setenv("COMP_WORDS", line)
        changed.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        ended = ask(**settings)
    assert (ended.code, ended.words) == (0, "")
    return ended.output.split()


def test_commands_options_states_names_and_queues_are_offered(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complete(ask, monkeypatch, "celeriac li") == ["list", "limits"]
    assert "--created-after" in complete(ask, monkeypatch, "celeriac list --c")
    assert complete(ask, monkeypatch, "celeriac list --state s") == ["scheduled", "succeeded"]
    assert complete(ask, monkeypatch, "celeriac list --name word_") == ["word_count"]
    assert complete(ask, monkeypatch, "celeriac pause def") == ["default"]


def test_a_name_that_a_shell_would_run_is_not_offered(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["dry", "d$(touch here)", "d`x`", "d;x", "d\nx", "d x", "d\x1b[2J"]
    page = json.dumps({"items": [{"name": name, "depth": 0} for name in names]}).encode()
    with scripted(lambda _: iter([reply("200 OK", page, "Content-Type: application/json")])) as hostile:
        assert complete(celeriac, monkeypatch, "celeriac pause d", url=hostile.url) == ["dry"]
        listed = celeriac("queues", "--output", "ids", url=hostile.url)
    assert len(listed.output.splitlines()) == len(names)
    assert "\x1b" not in listed.output


@pytest.mark.parametrize("line", ["celeriac list --name a", "celeriac pause d", "celeriac pause --key - d"])
def test_without_a_server_nothing_is_offered_and_nothing_said(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    assert complete(celeriac, monkeypatch, line, url=url_of(free_port())) == []
