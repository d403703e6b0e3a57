"""The documentation agrees with the code: tables, names, links, blocks, commands."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from celeriac import RetryPolicy, task
from celeriac.client import Client, Task
from celeriac.command.output.exit_codes import ExitCode
from celeriac.contract.catalog import HEAVY, catalog_of, load_implementations
from celeriac.contract.implementation import implementation_of
from celeriac.ledger.model.states import FINAL, TRANSITIONS, State
from celeriac.ledger.store import keys
from celeriac.settings import PREFIX, Settings
from celeriac.testing import plugin
from celeriac.values.reserved_names import RESERVED_NAMES
from celeriac_api.openapi import starter_app
from celeriac_api.response.errors import Problem
from celeriac_api.response.task_document import TaskDocument
from celeriac_worker.configuration import celery_configuration
from celeriac_worker.insides.parts import OURS
from lab.harness.checkout import ROOT
from tests.docs.pages import (
    CODE_BLOCK,
    LINK,
    PAGES,
    anchors,
    code_blocks,
    names,
    table,
    text,
)

# Where code names pages.
CODE = ("api", "celeriac", "deploy", "examples", "lab", "tests", "worker")
MENTION = re.compile(r"(?<![\w/.])docs/[\w/-]+\.md")


def test_settings_md_lists_every_setting_with_its_default_and_meaning() -> None:
    listed = table("docs/reference/settings.md", "Variable", "Default", "Meaning")
    assert listed == [
        [f"`{PREFIX}{name.upper()}`", shown_default(field.default), field.description]
        for name, field in Settings.model_fields.items()
    ]


def test_errors_md_lists_every_problem_with_its_status() -> None:
    listed = [(row[0], row[1]) for row in table("docs/reference/errors.md", "Type", "Status")]
    assert listed == [(f"`{problem.code}`", str(problem.status)) for problem in Problem.__subclasses__()]


def test_command_md_lists_every_exit_code() -> None:
    listed = table("docs/reference/command.md", "Code", "Meaning")
    assert [int(row[0]) for row in listed] == [*ExitCode]


@pytest.mark.parametrize("owner", [Client, Task], ids=["Client", "Task"])
def test_client_md_has_every_call(owner: type) -> None:
    marks = re.findall(
        rf"<!-- generated: \w+ [\w.]+\.{owner.__name__}: ([\w ]+) -->", text("docs/reference/client.md")
    )
    listed = sorted(name for mark in marks for name in mark.split())
    # These are for the calls themselves.
    inner = {"batch_handle", "deadline", "handle", "long_deadline"}
    assert listed == sorted({name for name in dir(owner) if name[0] != "_"} - inner)


def test_testing_md_lists_every_fixture() -> None:
    listed = {names(row[0])[0] for row in table("docs/reference/testing.md", "Fixture", "Scope")}
    assert listed == {name for name in vars(plugin) if name.startswith("celeriac_")}


def test_architecture_md_draws_every_transition_between_states() -> None:
    arrows = set(re.findall(r"^ +(\S+) --> (\S+)$", text("ARCHITECTURE.md"), re.MULTILINE))
    transitions = {(str(state), str(after)) for state, states in TRANSITIONS.items() for after in states}
    assert arrows == transitions | {("[*]", state) for state in ("blocked", "scheduled", "queued")} | {
        (str(state), "[*]") for state in FINAL
    }


def test_architecture_md_lists_every_key() -> None:
    listed = {tuple(row[:3]) for row in table("ARCHITECTURE.md", "Key", "Function", "Type")}
    declared = {(key.encode("unicode_escape").decode(), *rest) for key, *rest in declared_keys()}
    assert listed == declared
    assert f"`{keys.WATCH_CHANNEL}`" in text("ARCHITECTURE.md")


def test_architecture_md_names_a_test_for_each_promise() -> None:
    promises = table("ARCHITECTURE.md", "Promise", "Tests")
    assert len(promises) >= 10
    for promise, tests in promises:
        found = [name.split("::") for name in names(tests) if "::" in name]
        assert found, promise
        assert all(f"\ndef {function}(" in text(file) for file, function in found), promise


def test_http_md_lists_every_route() -> None:
    listed = {names(row[0])[0] for row in table("docs/reference/http.md", "Route", "Does")}
    paths = starter_app().openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    generic = {route for route in routes if route.removeprefix("POST /") not in load_implementations("tasks")}
    assert listed == generic | {"POST /{name}", "GET /", "GET /docs", "GET /openapi.json"}


def test_http_md_describes_every_field_of_the_task_document() -> None:
    (example,) = [block for kind, block in code_blocks("docs/reference/http.md") if kind == "json"]
    assert list(json.loads(example)) == list(TaskDocument.model_fields)
    listed = [names(row[0])[0] for row in table("docs/reference/http.md", "Field", "Type")]
    assert listed == list(TaskDocument.model_fields)


def test_http_md_describes_every_state() -> None:
    rows = table("docs/reference/http.md", "State", "Is", "Ready")
    assert {row[0]: row[2] for row in rows} == {
        f"`{state}`": "yes" if state in FINAL else "no" for state in State
    }


def test_tasks_md_lists_every_option_of_a_task() -> None:
    options = [name for name in inspect.signature(task).parameters if name != "function"]
    assert [names(row[0])[0] for row in table("docs/how-to/tasks.md", "Option", "Default")] == options


def test_tasks_md_lists_every_member_of_a_retry_policy() -> None:
    listed = table("docs/how-to/tasks.md", "Member", "Default")
    assert [names(row[0])[0] for row in listed] == [member.name for member in fields(RetryPolicy)]
    assert all(member.default is not MISSING for member in fields(RetryPolicy))


@pytest.mark.parametrize("kept", [RESERVED_NAMES, HEAVY], ids=["reserved names", "heavy modules"])
def test_tasks_md_lists_what_is_kept_out(kept: frozenset[str]) -> None:
    paragraphs = re.split(r"\n\n", text("docs/how-to/tasks.md"))
    assert any(set(names(paragraph)) == kept for paragraph in paragraphs)


def test_decision_0003_gives_the_reason_for_every_setting_of_the_worker() -> None:
    configuration = celery_configuration(Settings.read({}), catalog_of(load_implementations("tasks")), OURS)
    transport = configuration.pop("broker_transport_options")
    rows = table("docs/decisions/0003-worker-settings.md", "Setting", "Value", "Why")
    explained = [name for row in rows for name in names(row[0])]
    assert sorted(explained) == sorted([*configuration, *transport])


def test_the_index_leads_to_every_page() -> None:
    listed = {link.partition("#")[0] for link in LINK.findall(text("docs/index.md"))}
    pages = {(ROOT / "docs/index.md").parent / link for link in listed}
    decisions = {*ROOT.glob("docs/decisions/0*.md")}
    assert {page.resolve() for page in pages} == {*PAGES} - decisions - {ROOT / "docs/index.md"}
    numbered = [
        f"- [{text(f'docs/decisions/{page.name}').splitlines()[0][2:]}]({page.name})"
        for page in sorted(decisions)
    ]
    assert [
        line for line in text("docs/decisions/README.md").splitlines() if line.startswith("- ")
    ] == numbered


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    prose = CODE_BLOCK.sub("", page.read_text())
    local = [link for link in LINK.findall(prose) if not link.startswith(("http:", "https:"))]
    for link in local:
        file, _, anchor = link.partition("#")
        target = (page.parent / file) if file else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def test_a_page_that_the_code_names_is_there() -> None:
    files = [
        file
        for folder in CODE
        for file in (ROOT / folder).rglob("*.*")
        if file.suffix in {".py", ".lua", ".js", ".yml", ".conf"}
    ]
    named = {name for file in files for name in MENTION.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_task_of_the_readme_works_and_the_quickstart_shows_the_same() -> None:
    block, script = [block for kind, block in code_blocks("README.md") if kind == "python"]
    assert block in text("docs/quickstart.md")
    assert script in text("docs/quickstart.md")
    assert block == text("tests/tasks/greetings.py")
    module: dict[str, Any] = {"__name__": "documentation"}
    exec(block, module)  # noqa: S102 - as above
    assert implementation_of(module["greet"])
    assert module["greet"]("Ada", times=2) == "Hello, Ada! Hello, Ada!"


def declared_keys() -> Iterator[tuple[str, str, str]]:
    """For each function that makes a key: the key, with its parameters in capitals; its name; the type of the key."""
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        kind, colon, _ = (function.__doc__ or "").partition(":")
        if colon:
            parameters = [parameter.upper() for parameter in inspect.signature(function).parameters]
            yield f"`{function(*parameters)}`", f"`{name}`", kind


def shown_default(value: object) -> str:
    """A setting's default as its environment variable would say it."""
    match value:
        case None:
            return "none"
        case timedelta():
            return f"`{value.total_seconds():.0f}`"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            assert value is not PydanticUndefined
            return f"`{value}`"
