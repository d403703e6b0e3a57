"""The page asks for a key, and hides what the key does not allow."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from celeriac.access.secret import well_formed
from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import API, environment, running_api
from lab.harness.stack import running_stack
from lab.harness.waiting import wait_until
from tests.docs.pages import section
from tests.http.access.keys import file_key, write_keys
from tests.http.webhooks.receiver import receiving
from tests.page.chromium import opened
from tests.support.door import ended, run, submit
from tests.support.marks import linux_only


@dataclass(frozen=True)
class Locked:
    """An API that needs one of these keys, by name; its file can be written again."""

    api: API
    file: Path
    entries: dict[str, dict[str, Any]]
    secrets: dict[str, str]

    def keep(self, *names: str) -> None:
        """Let the file contain these keys alone."""
        write_keys(self.file, *(self.entries[name] for name in names))


@pytest.fixture(scope="module")
def locked(valkey: Valkey, worker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:  # noqa: ARG001 - to be running
    """The API of the others' tasks, behind a file of keys."""
    directory = tmp_path_factory.mktemp("locked")
    keys = {
        "boss": file_key("boss", "admin"),
        "clerk": file_key("clerk", "read", "submit:add", owner="shop"),
        "watcher": file_key("watcher", "read", "metrics"),
        "guest": file_key("guest", "read"),
        "auditor": file_key("auditor", "read", owner="shop"),
    }
    entries = {name: entry for name, (entry, _) in keys.items()}
    secrets = {name: secret for name, (_, secret) in keys.items()}
    file = write_keys(directory / "keys.json", *entries.values())
    loopback = {"webhook_allow": "127.0.0.0/8"}
    with running_api(directory, redis_url=valkey.url, keys_file=file, **loopback) as server:
        yield Locked(server, file, entries, secrets)


@pytest.fixture
def asked(browser: Browser, locked: Locked) -> Iterator[Page]:
    """The page, when it has been asked for a key."""
    with opened(browser, locked.api.port) as page:
        expect(page.get_by_role("form", name="Key")).to_contain_text("This API requires a key.")
        yield page


@pytest.fixture
def secret(locked: Locked) -> str:
    """The secret of the key that may do all."""
    return locked.secrets["boss"]


def give(page: Page, key: str) -> None:
    """Type a key and send it."""
    page.get_by_label("This API requires a key").fill(key)
    page.get_by_role("button", name="Use this key").click()


def test_a_key_that_is_wrong_or_impossible_is_refused_with_a_word(asked: Page) -> None:
    expect(asked.get_by_label("This API requires a key")).to_be_focused()
    for key, words in (
        ("wrong", "does not accept this key"),
        ("schlüssel", "letters, digits and punctuation"),
        ("", "letters"),
    ):
        give(asked, key)
        expect(asked.get_by_role("alert")).to_contain_text(words)
    assert asked.evaluate("sessionStorage.length") == 0


def test_with_a_key_all_goes_on_where_it_was_streams_too(
    asked: Page, secret: str, client: httpx.Client
) -> None:
    asked.goto("/#/tasks?name=word_count")
    give(asked, secret)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    expect(asked.get_by_role("status")).to_be_empty()
    task = run(client, "word_count", text="a key")
    row = asked.locator("tbody tr", has_text=task["task_id"][:8])
    expect(row).to_contain_text("succeeded")
    row.get_by_role("link").click()
    expect(asked.locator(".timeline .badge")).to_have_text(["queued", "running", "succeeded"])
    expect(asked.get_by_label("Input", exact=True)).to_contain_text("a key")
    asked.reload()
    expect(asked.get_by_label("Input", exact=True)).to_contain_text("a key")
    assert asked.evaluate("[localStorage.length, document.cookie, location.href.includes('Bearer')]") == [
        0,
        "",
        False,
    ]


def test_a_key_that_is_taken_no_more_is_asked_for_anew(asked: Page, secret: str) -> None:
    give(asked, secret)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    asked.evaluate("sessionStorage.setItem('celeriac-key', 'outdated')")
    expect(asked.get_by_role("form", name="Key")).to_contain_text("no longer accepts your key")


def test_a_link_that_is_followed_while_a_key_is_tried_leads_to_a_page_that_works(
    asked: Page, secret: str
) -> None:
    held: list[Route] = []
    asked.route("**/catalog", lambda route, _: held.append(route), times=1)
    asked.goto("/#/new/add")
    expect(asked.get_by_role("heading", name="add")).to_be_visible()
    give(asked, secret)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    (sent_without_a_key,) = held
    sent_without_a_key.continue_()
    asked.get_by_label("x", exact=True).fill("4")
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)


def test_what_was_typed_into_a_form_stays_while_a_key_is_asked_for(asked: Page, secret: str) -> None:
    give(asked, secret)
    asked.goto("/#/new/add")
    asked.get_by_label("x", exact=True).fill("4")
    asked.get_by_label("y", exact=True).fill("5")
    asked.evaluate("sessionStorage.clear()")
    asked.get_by_role("button", name="Submit").click()
    give(asked, secret)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    asked.get_by_role("button", name="Submit").click()
    expect(asked.get_by_label("Result", exact=True)).to_have_text("9")


def test_a_key_is_forgotten_when_that_is_asked_for_and_asked_for_again(asked: Page, secret: str) -> None:
    forget = asked.get_by_role("button", name="Forget the key")
    expect(forget).to_be_hidden()
    give(asked, secret)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    asked.reload()
    expect(forget).to_be_visible()
    forget.click()
    expect(asked.get_by_role("form", name="Key")).to_contain_text("This API requires a key.")
    expect(asked.get_by_label("This API requires a key")).to_be_focused()
    expect(asked.locator("#notice")).to_have_text("The key is forgotten.")
    expect(asked.locator("tbody tr")).to_have_count(0)
    expect(forget).to_be_hidden()
    assert asked.evaluate("sessionStorage.length") == 0


def test_where_no_key_is_kept_there_is_none_to_forget(page: Page) -> None:
    expect(page.get_by_label("Filters")).to_be_visible()
    expect(page.get_by_role("button", name="Forget the key")).to_be_hidden()


def test_an_admin_sees_who_changed_what(asked: Page, locked: Locked) -> None:
    give(asked, locked.secrets["boss"])
    with locked.api.client() as client:
        client.headers["authorization"] = f"Bearer {locked.secrets['boss']}"
        assert client.post("/queues/unserved/resume").status_code == 200
    asked.get_by_role("link", name="Audit").click()
    row = asked.locator("tbody tr", has_text="key boss").first
    expect(row).to_contain_text("resume queueunservedkey boss127.0.0.1200")


def test_the_page_shows_whose_the_key_is_and_hides_what_it_may_not_do(asked: Page, locked: Locked) -> None:
    give(asked, locked.secrets["clerk"])
    expect(asked.locator("#caller")).to_have_text("Key clerk of shop: read, submit:add")
    expect(asked.get_by_role("link", name="New task")).to_be_visible()
    for hidden in ("Queues", "Workers", "Audit"):
        expect(asked.get_by_role("link", name=hidden)).to_be_hidden()
    asked.goto("/#/new")
    expect(asked.locator(".cards a")).to_have_attribute("href", "#/new/add")
    with locked.api.client() as client:
        client.headers["authorization"] = f"Bearer {locked.secrets['clerk']}"
        later = client.post("/add?delay=3600", json={"x": 1, "y": 2}).json()
        done = run(client, "add", x=4, y=5)
    asked.goto(f"/#/tasks/{later['task_id']}")
    expect(asked.get_by_label("Input", exact=True)).to_contain_text("1")
    expect(asked.get_by_role("button", name="Cancel")).to_have_count(0)
    asked.goto(f"/#/tasks/{done['task_id']}")
    expect(asked.get_by_role("button", name="Retry")).to_be_visible()


def test_a_key_for_figures_shows_queues_without_buttons(
    asked: Page, locked: Locked, client: httpx.Client
) -> None:
    submit(client, "unserved")
    give(asked, locked.secrets["watcher"])
    asked.get_by_role("link", name="Queues").click()
    card = asked.get_by_role("region", name="Queue unserved", exact=True)
    expect(card).to_contain_text("Waiting")
    for name in ("Pause", "Purge"):
        expect(card.get_by_role("button", name=name)).to_have_count(0)
    expect(asked.get_by_role("link", name="New task")).to_be_hidden()


def test_a_key_that_only_reads_shows_schedules_without_buttons(asked: Page, locked: Locked) -> None:
    schedule = {"submit": {"name": "add", "input": {"x": 1, "y": 2}}, "every": "P1D"}
    with locked.api.client() as client:
        client.headers["authorization"] = f"Bearer {locked.secrets['boss']}"
        query = {"owner": "guest"}
        assert client.put("/schedules/daily", json=schedule, params=query).status_code == 201
        give(asked, locked.secrets["guest"])
        asked.get_by_role("link", name="Schedules").click()
        expect(asked.locator("tbody tr")).to_contain_text("every day")
        for view in ("#/schedules", "#/schedules/daily"):
            asked.goto(f"/{view}")
            expect(asked.get_by_text("every day").first).to_be_visible()
            expect(asked.locator("main").get_by_role("button")).to_have_count(0)
            expect(asked.get_by_role("link", name="New schedule")).to_have_count(0)
        client.delete("/schedules/daily", params=query)


def test_a_key_that_only_reads_shows_webhooks_without_buttons(asked: Page, locked: Locked) -> None:
    query = {"owner": "shop"}
    with locked.api.client() as client, receiving() as receiver:
        client.headers["authorization"] = f"Bearer {locked.secrets['clerk']}"
        body = {"name": "add", "input": {"x": 1, "y": 2}, "notify": [{"url": f"{receiver.url}/taken"}]}
        ended(client, client.post("/tasks", json=body).json())
        client.headers["authorization"] = f"Bearer {locked.secrets['boss']}"
        client.put("/webhooks/open", json={"url": "https://shop.example/open"}, params=query)
        give(asked, locked.secrets["auditor"])
        asked.get_by_role("link", name="Webhooks").click()
        row = asked.locator("tbody tr", has_text="/taken")
        expect(row.locator(".badge")).to_have_text("succeeded")
        expect(row.get_by_role("button")).to_have_count(0)
        asked.get_by_role("link", name="Endpoints").click()
        expect(asked.locator("tbody tr")).to_contain_text("https://shop.example/open")
        expect(asked.locator("main").get_by_role("button")).to_have_count(0)
        client.delete("/webhooks/open", params=query)


def test_a_key_that_only_reads_shows_limits_without_buttons(asked: Page, locked: Locked) -> None:
    with locked.api.client() as client:
        client.headers["authorization"] = f"Bearer {locked.secrets['boss']}"
        client.put("/limits/held", json={"limit": 3}, params={"owner": "guest"})
        give(asked, locked.secrets["guest"])
        asked.get_by_role("link", name="Limits").click()
        expect(asked.locator("tbody tr")).to_contain_text("3 at once")
        expect(asked.locator("main").get_by_role("button")).to_have_count(0)
        client.delete("/limits/held", params={"owner": "guest"})


def test_an_administrator_changes_the_schedule_of_another_owner(asked: Page, locked: Locked) -> None:
    schedule = {"submit": {"name": "add", "input": {"x": 1, "y": 2}}, "every": "P1D"}
    with locked.api.client() as client:
        client.headers["authorization"] = f"Bearer {locked.secrets['clerk']}"
        assert client.put("/schedules/daily", json=schedule).status_code == 201
        give(asked, locked.secrets["boss"])
        asked.goto("/#/schedules")
        row = asked.locator("tbody tr", has_text="daily")
        expect(row).to_contain_text("shop")
        row.get_by_role("button", name="Pause").click()
        asked.get_by_role("button", name="Pause the schedule").click()
        expect(row.locator(".badge")).to_have_text("paused")
        row.get_by_role("link", name="daily").click()
        asked.get_by_role("button", name="Delete").click()
        asked.get_by_role("button", name="Delete the schedule").click()
        expect(row).to_have_count(0)
        assert client.get("/schedules/daily").status_code == 404


def test_a_key_that_is_revoked_while_the_page_is_open_is_named_with_the_reason(
    asked: Page, locked: Locked
) -> None:
    give(asked, locked.secrets["guest"])
    expect(asked.locator("#caller")).to_have_text("Key guest: read")
    locked.keep("boss", "clerk", "watcher")
    form = asked.get_by_role("form", name="Key")
    expect(form).to_contain_text("The API no longer accepts your key.")
    expect(form).to_contain_text("revoked")


def test_an_administrator_sees_owners_and_filters_by_one(
    asked: Page, locked: Locked, client: httpx.Client
) -> None:
    foreign = run(client, "word_count", text="of nobody")
    with locked.api.client() as shop:
        shop.headers["authorization"] = f"Bearer {locked.secrets['clerk']}"
        own = run(shop, "add", x=7, y=7)
    give(asked, locked.secrets["boss"])
    row = asked.locator("tbody tr", has_text=own["task_id"][:8])
    expect(row).to_contain_text("shop")
    asked.get_by_label("Owner", exact=True).fill("shop")
    asked.get_by_label("Owner", exact=True).press("Enter")
    expect(asked.locator("tbody tr", has_text=foreign["task_id"][:8])).to_have_count(0)
    expect(row).to_be_visible()


@linux_only
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_readmes_lines_protect_an_api_and_its_page(browser: Browser, tmp_path: Path) -> None:
    block = section("README.md", "Protect it").partition("```sh\n")[2].partition("```")[0]
    create, without, with_key, create_ci, revoke_ci = block.splitlines()
    with running_stack(tmp_path, data_dir=str(tmp_path / ".celeriac")) as stack, stack.api() as api:
        shell = Shell(tmp_path, stack.port)
        shell.key = shell.run(f"{create}\necho $KEY")
        assert well_formed(shell.key)
        wait_until(lambda: api.get("/tasks").status_code == 401, 60)
        assert '"status": 401' in shell.run(without)
        assert '"items"' in shell.run(with_key)
        assert well_formed(shell.run(create_ci))
        shell.run(revoke_ci)
        with opened(browser, stack.port) as page:
            give(page, shell.key)
            expect(page.locator("#caller")).to_have_text("Key me: admin")
            shell.run("celeriac keys revoke me")
            form = page.get_by_role("form", name="Key")
            expect(form).to_contain_text("The API no longer accepts your key.")
        assert '"status": 401' in shell.run(with_key)


class Shell:
    """A terminal in the directory of `celeriac up`, where `celeriac` is on the path."""

    def __init__(self, directory: Path, port: int) -> None:
        """The API listens on this port, and not on 8000."""
        self._directory, self._port = directory, port
        program = directory / "bin/celeriac"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m celeriac.command "$@"\n')
        program.chmod(0o755)
        self._variables = environment() | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
        self.key = ""

    def run(self, line: str) -> str:
        """What it prints on standard output, without the end of the line."""
        line = line.replace("curl ", "curl -sS --noproxy '*' ").replace(":8000", f":{self._port}")
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self._directory,
            env=self._variables | {"KEY": self.key},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()
