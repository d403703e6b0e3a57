"""The page asks for a key where the API does, for this tab."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import API, running_api
from tests.page.chromium import opened
from tests.support.apps import KEY
from tests.support.door import run


@pytest.fixture(scope="module")
def locked(valkey: Valkey, worker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[API]:  # noqa: ARG001 - to be running
    """The API behind a door that wants a key."""
    directory = tmp_path_factory.mktemp("locked")
    with running_api(directory, factory="tests.support.apps:with_key", redis_url=valkey.url) as server:
        yield server


@pytest.fixture
def asked(browser: Browser, locked: API) -> Iterator[Page]:
    """The page, when it has been asked for a key."""
    with opened(browser, locked.port) as page:
        expect(page.get_by_role("form", name="Key")).to_contain_text("This API requires a key.")
        yield page


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


def test_with_a_key_all_goes_on_where_it_was_streams_too(asked: Page, client: httpx.Client) -> None:
    asked.goto("/#/tasks?name=word_count")
    give(asked, KEY)
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


def test_a_key_that_is_taken_no_more_is_asked_for_anew(asked: Page) -> None:
    give(asked, KEY)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    asked.evaluate("sessionStorage.setItem('celeriac-key', 'outdated')")
    expect(asked.get_by_role("form", name="Key")).to_contain_text("no longer accepts your key")


def test_a_link_that_is_followed_while_a_key_is_tried_leads_to_a_page_that_works(asked: Page) -> None:
    held: list[Route] = []
    asked.route("**/catalog", lambda route, _: held.append(route), times=1)
    asked.goto("/#/new/add")
    expect(asked.get_by_role("heading", name="add")).to_be_visible()
    give(asked, KEY)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    (sent_without_a_key,) = held
    sent_without_a_key.continue_()
    asked.get_by_label("x", exact=True).fill("4")
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)


def test_what_was_typed_into_a_form_stays_while_a_key_is_asked_for(asked: Page) -> None:
    give(asked, KEY)
    asked.goto("/#/new/add")
    asked.get_by_label("x", exact=True).fill("4")
    asked.get_by_label("y", exact=True).fill("5")
    asked.evaluate("sessionStorage.clear()")
    asked.get_by_role("button", name="Submit").click()
    give(asked, KEY)
    expect(asked.get_by_role("form", name="Key")).to_have_count(0)
    asked.get_by_role("button", name="Submit").click()
    expect(asked.get_by_label("Result", exact=True)).to_have_text("9")


def test_a_key_is_forgotten_when_that_is_asked_for_and_asked_for_again(asked: Page) -> None:
    forget = asked.get_by_role("button", name="Forget the key")
    expect(forget).to_be_hidden()
    give(asked, KEY)
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
