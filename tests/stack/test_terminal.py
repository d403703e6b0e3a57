"""Colours on a terminal, and nowhere else."""

import os
import sys

import pytest

from celeriac.stack.terminal import Terminal


def test_names_have_colours_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    Terminal().show("api", ["a line"])
    assert capsys.readouterr().out == "\x1b[36mapi      │\x1b[0m a line\n"


def test_names_have_no_colours_where_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    Terminal().show("api", ["a line"])
    assert "\x1b[36m" not in capsys.readouterr().out


def test_a_line_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().show("worker", ["[red]not markup[/] " + "x" * 500])
    assert capsys.readouterr().out == "worker   │ [red]not markup[/] " + "x" * 500 + "\n"


def test_writing_to_a_closed_window_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        terminal.say("nobody reads this")
        terminal.say("nor this")
