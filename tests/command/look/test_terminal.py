"""What a person sees in a terminal: colours or none, any width, questions before harm."""

import re

import httpx
import pytest

from tests.command.look.conftest import Ask, Open, new_twins

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_shows_colours_and_a_pipe_or_no_color_none(
    terminal: Open, ask: Ask, hostile_task: str
) -> None:
    coloured = terminal("get", hostile_task)
    plain = terminal("get", hostile_task, NO_COLOR="1")
    dumb = terminal("get", hostile_task, TERM="dumb")
    assert [ended.exit_code() for ended in (coloured, plain, dumb)] == [0, 0, 0]
    assert "\x1b[31mfailed" in coloured.text
    for text in (COLOUR.sub("", coloured.text), plain.text, dumb.text, ask("get", hostile_task).output):
        assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) == []
        assert r"\x1b]0;owned\x07\x1b[2J" in text.replace("\n           ", "")


@pytest.mark.parametrize(
    ("columns", "words"),
    [(20, "list"), (40, "list"), (80, "list"), (20, "get"), (40, "queues"), (40, "doctor")],
)
def test_no_line_is_wider_than_the_terminal(
    terminal: Open, hostile_task: str, columns: int, words: str
) -> None:
    ended = terminal(words, *([hostile_task] if words == "get" else []), columns=columns)
    ended.exit_code()
    lines = COLOUR.sub("", ended.text).splitlines()
    assert [line for line in lines if len(line) > columns] == []
    assert lines


def test_in_a_narrow_terminal_ids_are_short_and_still_find_their_task(
    terminal: Open, ask: Ask, hostile_task: str
) -> None:
    ended = terminal("list", "--name", "fail", "--limit", "1", columns=40)
    ended.exit_code()
    header, row = COLOUR.sub("", ended.text).splitlines()
    assert header.split()[:3] == ["ID", "NAME", "STATE"]
    assert ask("get", row.split()[0], "-o", "ids").output == f"{hostile_task}\n"


@pytest.mark.usefixtures("quiet_redis")
def test_a_purge_asks_and_does_nothing_without_a_yes(terminal: Open, quiet: httpx.Client) -> None:
    new_twins(quiet)
    for answer, code, depth in (("n", 1, 2), ("y", 0, 0)):
        asked = terminal("purge", "default", url=str(quiet.base_url))
        asked.wait_for("(now 2)? [y/N]")
        asked.type(f"{answer}\n")
        assert asked.exit_code() == code
        assert quiet.get("/queues/default").json()["depth"] == depth
    assert "2 tasks were cancelled." in asked.text


def test_ctrl_c_ends_with_130_and_without_a_traceback(terminal: Open, quiet: httpx.Client) -> None:
    asked = terminal("purge", "default", url=str(quiet.base_url))
    asked.wait_for("[y/N]")
    asked.press_ctrl_c()
    assert asked.exit_code() == 130
    assert asked.text.splitlines()[-1] == "Nothing was done."
