"""The help of every command reads well at 80 columns."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from celeriac.command.main import app
from celeriac.command.output.exit_codes import ExitCode
from lab.harness.checkout import ROOT
from tests.command.running import Celeriac

# Commands that print no data of a server, or in a form of their own.
WITHOUT_OUTPUT = {"up", "api", "worker", "new", "open", "openapi", "generate", "run"}
COLUMNS = 80


def paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command, groups too."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, (*path, name))


PATHS = list(paths(typer.main.get_command(app)))


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_no_line_of_a_help_is_longer_than_80_columns(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", str(COLUMNS))
    ended = celeriac(*path, "--help")
    assert (ended.code, ended.words) == (0, "")
    lines = ended.output.splitlines()
    assert lines[0].startswith(" ".join(("Usage: celeriac", *path)))
    assert [line for line in lines if len(line) > COLUMNS] == []
    assert "..." not in "".join(line for line in lines[1:] if line.startswith("  ")), "no summary is cut"
    assert not re.search("<[a-z]", ended.output), (
        "a value has a name for people, and not the name of its Python type"
    )


def test_every_command_that_prints_data_has_both_options_of_its_form(celeriac: Celeriac) -> None:
    lacking = set()
    for name, *rest in filter(None, PATHS):
        if name in WITHOUT_OUTPUT or rest or name in ("batch", "config", "keys", "limits", "schedule"):
            continue
        text = celeriac(name, "--help").output
        if "--json" not in text or "--output" not in text or "--url" not in text:
            lacking.add(name)
    assert lacking == set()


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["queus"], "Did you mean 'queues'?"),
        (["list", "--stat", "failed"], "--state"),
        (["get"], "Missing argument 'ID'"),
        (["config"], "Commands:"),
        ([], "Tasks:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_named_and_writes_nothing(
    celeriac: Celeriac, words: list[str], advice: str
) -> None:
    ended = celeriac(*words)
    assert (ended.code, ended.output, advice in ended.words) == (2, "", True), ended.words


def test_the_documentation_has_every_exit_code() -> None:
    text = (ROOT / "docs/reference/command.md").read_text()
    table = text.partition("## Exit codes")[2].partition("\n## ")[0]
    codes = [
        int(line.split("|")[1]) for line in table.splitlines() if line.startswith("| ") and line[2].isdigit()
    ]
    assert codes == list(ExitCode)
