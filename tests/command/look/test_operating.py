"""Queues are listed, paused, resumed and purged; workers, catalog and audit are listed."""

import json
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.servers import API
from tests.command.look.conftest import Ask, new_twins, piped, url_of


def lines(text: str) -> list[dict[str, object]]:
    """The documents in this output."""
    return [json.loads(line) for line in text.splitlines()]


def test_queues_workers_and_catalog_are_those_of_the_api(ask: Ask, client: httpx.Client) -> None:
    for words in ("queues", "workers", "catalog"):
        items = client.get(f"/{words}").json()["items"]
        names = [item["name"] for item in items]
        assert [line["name"] for line in lines(ask(words, "--json").output)] == names
        assert ask(words, "-o", "ids").output.split() == names
    assert "x y" in next(line for line in ask("catalog").output.splitlines() if line.startswith("add "))
    assert (
        ask("openapi").output
        == json.dumps(client.get("/openapi.json").json(), indent=2, ensure_ascii=False) + "\n"
    )


@pytest.mark.usefixtures("quiet_redis")
def test_a_queue_is_paused_resumed_and_purged(ask_quiet: Ask, quiet: httpx.Client) -> None:
    paused = ask_quiet("pause", "default")
    assert (paused.code, paused.output) == (0, "")
    assert "is paused" in paused.words
    assert quiet.get("/queues/default").json()["paused"] is True
    assert json.loads(ask_quiet("resume", "default", "--json").output)["paused"] is False
    new_twins(quiet)
    refused = ask_quiet("purge", "default")
    assert (refused.code, "Add --yes if you are sure." in refused.words) == (2, True)
    assert quiet.get("/queues/default").json()["depth"] == 2
    purged = ask_quiet("purge", "default", "--yes", "--json")
    assert (json.loads(purged.output), purged.words) == ({"cancelled": 2}, "2 tasks were cancelled.\n")
    actions = [entry["action"] for entry in lines(ask_quiet("audit", "--json", "--limit", "3").output)]
    assert actions == ["purge_queue", "resume_queue", "pause_queue"]


def test_rejected_messages_are_listed(ask_quiet: Ask, quiet_redis: Redis) -> None:
    entry = {"found_at": "2026-05-01T12:00:00Z", "reason": "it is not JSON", "message": "\x1b[2Jhello"}
    quiet_redis.lpush(keys.rejected("default"), json.dumps(entry))
    quiet_redis.expire(keys.rejected("default"), 60)
    assert lines(ask_quiet("rejected", "default", "--json").output)[0]["reason"] == "it is not JSON"
    assert r"\x1b[2Jhello" in ask_quiet("rejected", "default").output


@pytest.mark.parametrize("command", ["pause", "resume", "purge"])
def test_an_unknown_queue_is_not_found(ask_quiet: Ask, command: str) -> None:
    ended = ask_quiet(command, "defualt")
    assert (ended.code, ended.output, "Did you mean 'default'?" in ended.words) == (3, "", True)


def test_the_page_opens_in_the_browser_also_for_one_task(
    api: API, client: httpx.Client, tmp_path: Path
) -> None:
    task_id = client.post("/add", json={"x": 4, "y": 5}).json()["task_id"]
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o700)
    ended = piped(
        f"export BROWSER='{browser} %s'; celeriac open && celeriac open {task_id[:8]}", url=url_of(api.port)
    )
    assert (ended.returncode, ended.stdout) == (0, "")
    assert opened.read_text().splitlines() == [
        f"{url_of(api.port)}/",
        f"{url_of(api.port)}/#/tasks/{task_id}",
    ]
