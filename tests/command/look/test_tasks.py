"""`celeriac get` and `celeriac list`."""

import json
import re

import httpx
import pytest

from celeriac.command.look.task_facts import progress_text
from tests.command.look.conftest import HOSTILE, Ask, new_twins


def test_a_task_is_shown_by_the_beginning_of_its_id(ask: Ask, client: httpx.Client) -> None:
    task_id = client.post("/add", json={"x": 4, "y": 5}, params={"wait": 50}).json()["task_id"]
    shown = ask("get", task_id[:8])
    assert (shown.code, shown.words) == (0, "")
    lines = {
        label.strip(): value.strip()
        for label, value in (line.split("  ", 1) for line in shown.output.splitlines())
    }
    assert (lines["Task"], lines["Name"], lines["State"], lines["Result"]) == (
        task_id,
        "add",
        "succeeded",
        "9",
    )
    assert json.loads(ask("get", task_id, "--json").output) == client.get(f"/tasks/{task_id}").json()
    assert ask("get", task_id.upper(), "--output", "ids").output == f"{task_id}\n"
    assert ask("get", task_id.replace("-", ""), "-o", "ids").output == f"{task_id}\n"


def test_the_beginning_of_two_ids_is_refused_with_both(ask_quiet: Ask, quiet: httpx.Client) -> None:
    first, second, beginning = new_twins(quiet)
    ended = ask_quiet("get", beginning)
    assert (ended.code, ended.output) == (2, "")
    assert f"The ids of 2 tasks begin with '{beginning}'" in ended.words
    assert f"{first}  add  queued" in ended.words
    assert second in ended.words
    assert ask_quiet("get", first[:8], "-o", "ids").output == f"{first}\n"


@pytest.mark.parametrize(
    ("task_id", "code", "words"),
    [
        ("abc", 2, "'abc' is too short"),
        ("xyzw", 2, "'xyzw' is not the id of a task."),
        ("../x", 2, "'../x' is not the id of a task."),
        ("ffffffffff", 3, "No task has an id that begins with 'ffffffffff'."),
        ("ffffffff-0000-4000-8000-000000000000", 3, "No task has this id."),
    ],
)
def test_an_id_that_leads_to_no_task_is_refused(ask_quiet: Ask, task_id: str, code: int, words: str) -> None:
    ended = ask_quiet("get", task_id)
    assert (ended.code, ended.output) == (code, "")
    assert words in ended.words


def test_a_forgotten_task_is_not_found(ask: Ask, client: httpx.Client) -> None:
    task_id = client.post("/add", json={"x": 4, "y": 5}, params={"wait": 50}).json()["task_id"]
    client.delete(f"/tasks/{task_id}")
    ended = ask("get", task_id)
    assert (ended.code, "forgotten" in ended.words) == (3, True)


def test_a_list_has_one_document_or_id_a_line_and_as_many_as_asked_for(
    ask_quiet: Ask, quiet: httpx.Client
) -> None:
    first, second, _ = new_twins(quiet)
    listed = ask_quiet("list", "--limit", "2", "--json").output.splitlines()
    assert [json.loads(line)["task_id"] for line in listed] == [second, first]
    assert "result" in json.loads(listed[0])
    assert ask_quiet("list", "--limit", "1", "-o", "ids").output == f"{second}\n"
    header, row = ask_quiet("list", "--limit", "1").output.splitlines()
    assert header.split() == ["ID", "NAME", "STATE", "AGE", "QUEUE", "NOTE"]
    assert row.split()[:3] == [second, "add", "queued"]


def test_every_filter_of_the_api_is_an_option(ask_quiet: Ask, quiet: httpx.Client) -> None:
    task_id = quiet.post("/word_count", json={"text": "a"}, params={"delay": 3_600}).json()["task_id"]
    chosen = ["--state", "scheduled", "--name", "word_count", "--queue", "default", "--created-after", "1h"]
    assert ask_quiet("list", *chosen, "-o", "ids").output == f"{task_id}\n"
    assert "due 20" in ask_quiet("list", *chosen).output
    for other in (["--state", "failed"], ["--name", "primes"], ["--queue", "x"], ["--created-before", "1h"]):
        assert task_id not in ask_quiet("list", *other, "-o", "ids").output
    quiet.post(f"/tasks/{task_id}/cancel")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--state", "done", "'done' is not one of 'blocked', 'scheduled'"),
        ("--limit", "-1", "'--limit'"),
        ("--created-after", "yesterday", "is neither a time nor an age"),
        ("--created-before", "2026-05-01T12:00:00", "has no time zone"),
        ("--output", "xml", "'xml' is not one of 'table', 'json', 'ids'"),
    ],
)
def test_a_wrong_filter_is_refused(ask_quiet: Ask, option: str, value: str, words: str) -> None:
    ended = ask_quiet("list", option, value)
    assert (ended.code, ended.output, words in ended.words) == (2, "", True), ended.words


def test_no_control_character_of_a_task_reaches_the_output(ask: Ask, hostile_task: str) -> None:
    for words in (
        ["get", hostile_task],
        ["get", hostile_task, "--json"],
        ["list", "--name", "fail"],
        ["list", "--json"],
    ):
        output = ask(*words).output
        assert re.findall(r"[^\n\x20-\x7e\x80-\uffff]|[\x80-\x9f\u202e]", output) == [], words
        assert "owned" in output
    document = json.loads(ask("get", hostile_task, "--json").output)
    assert document["error"]["message"] == HOSTILE, "JSON keeps the text itself"


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (5_540_001, 50_000_000, "5,540,001 of 50,000,000 (11%): go"),
        (0.125, 1.0, "0.12 of 1 (12%): go"),
        (2.5, None, "2.5: go"),
        (0.001, 10, "0 of 10 (0%): go"),
    ],
)
def test_progress_has_all_its_digits(done: float, total: float | None, text: str) -> None:
    assert progress_text({"done": done, "total": total, "message": "go"}) == text
