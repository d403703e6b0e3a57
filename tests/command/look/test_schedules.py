"""`celeriac schedule` puts, shows, pauses, runs and deletes schedules."""

import json
import uuid

import httpx
import pytest
from redis import Redis

from tests.command.look.conftest import Ask
from tests.command.look.test_completion import complete
from tests.command.look.test_operating import lines


@pytest.fixture
def name() -> str:
    """The name of a new schedule."""
    return f"s-{uuid.uuid4().hex[:8]}"


def test_a_schedule_is_put_shown_paused_run_and_deleted(
    ask_quiet: Ask, quiet: httpx.Client, quiet_redis: Redis, name: str
) -> None:
    words = ("add", "x=4", "y=5", "--cron", "0 3 * * *", "--zone", "Europe/Berlin", "--tag", "blue")
    put = ask_quiet("schedule", "put", name, *words, "--jitter", "1m", "--overlap", "skip")
    assert (put.code, "0 3 * * * (Europe/Berlin)" in put.output) == (0, True), put.words
    document = quiet.get(f"/schedules/{name}").json()
    assert document["submit"] == {"name": "add", "input": {"x": 4, "y": 5}, "tags": ["blue"]}
    assert (document["jitter"], document["overlap"]) == (60, "skip")
    assert json.loads(ask_quiet("schedule", "get", name, "--json").output) == document
    assert document in lines(ask_quiet("schedule", "list", "--json").output) or name in (
        ask_quiet("schedule", "list", "-o", "ids").output.split()
    )
    assert len(ask_quiet("schedule", "next", name, "--count", "3", "-o", "ids").output.split()) == 3
    assert "paused" in ask_quiet("schedule", "pause", name).output
    assert ask_quiet("schedule", "next", name).words == f"{name} is not due any more.\n"
    assert json.loads(ask_quiet("schedule", "resume", name, "--json").output)["paused"] is False
    task_id = ask_quiet("schedule", "run", name).output.strip()
    assert ask_quiet("list", "--schedule", name, "-o", "ids").output.split() == [task_id]
    assert f"Schedule  {name}" in ask_quiet("get", task_id).output
    refused = ask_quiet("schedule", "delete", name)
    assert (refused.code, "Add --yes if you are sure." in refused.words) == (2, True)
    assert ask_quiet("schedule", "delete", name, "--yes").code == 0
    assert ask_quiet("schedule", "get", name).code == 3
    assert quiet_redis.exists(f"celeriac:schedule::{name}") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "x=4", "y=5"], "The schedule is never due."),
        (["add", "--cron", "* * * * *", "--every", "5m"], "--cron and --every exclude each other."),
        (["add", "x=4", "y=5", "--cron", "61 * * * *"], "--cron: should be a cron expression"),
        (["add", "x=4", "--every", "5m"], "y:"),
        (["add", "x=4", "y=5", "--every", "soon"], "--every is not a duration"),
        (["add", "x=4", "y=5", "--every", "5m", "--queue", "nowhere"], "--queue: should be a known queue"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_named_by_its_option(
    ask_quiet: Ask, name: str, words: list[str], sentence: str
) -> None:
    refused = ask_quiet("schedule", "put", name, *words)
    assert (refused.code, refused.output, sentence in refused.words) == (2, "", True), refused.words


def test_schedules_are_completed_by_name(
    ask_quiet: Ask, quiet: httpx.Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = {"submit": {"name": "add", "input": {"x": 4, "y": 5}}, "every": "P1D"}
    assert quiet.put(f"/schedules/{name}", json=schedule).status_code == 201
    assert complete(ask_quiet, monkeypatch, f"celeriac schedule pause {name[:6]}") == [name]
    assert complete(ask_quiet, monkeypatch, f"celeriac list --schedule {name[:6]}") == [name]
    assert quiet.delete(f"/schedules/{name}").status_code == 204
