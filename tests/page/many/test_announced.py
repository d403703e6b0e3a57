"""Hundreds of definitions that workers announce, in `/docs` and on the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lab.harness.servers import API, running_api
from tests.http.definitions.announcer import definition, tell
from tests.page.chromium import opened

MANY = [f"shop.tasks.task{number:03}" for number in range(100)]


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests alone."""
    return new_database()


@pytest.fixture(scope="module")
def api(url: str, directory: Path) -> Iterator[API]:
    """An API without task modules, which is told of many."""
    tell(url, "shop", *map(definition, MANY), definition("shop.tasks.refused", refusal="No."))
    with running_api(directory, redis_url=url, tasks="none") as api:
        yield api


def test_docs_show_the_route_of_the_task_that_is_chosen(browser: Browser, api: API) -> None:
    with opened(browser, api.port, path="/docs") as page:
        expect(page.locator("form", has_text="100 tasks").locator("option")).to_have_count(100)
        page.get_by_label("Task:").fill(MANY[70])
        page.get_by_role("button", name="Show").click()
        operation = page.locator(f".opblock-summary-path[data-path='/{MANY[70]}']")
        expect(operation).to_be_visible()
        expect(page.get_by_label("Task:")).to_have_value(MANY[70])
        expect(page.locator(f".opblock-summary-path[data-path='/{MANY[71]}']")).to_have_count(0)
        operation.click()
        expect(page.locator(".opblock.is-open .opblock-body")).to_contain_text(f"Do {MANY[70]}.")


def test_the_page_lists_all_of_them_and_submits_one(page: Page) -> None:
    expect(page.get_by_label("Task", exact=True).locator("option")).to_have_count(102)
    page.get_by_role("link", name="New task").click()
    page.get_by_role("link", name=MANY[70]).click()
    page.get_by_label("x", exact=True).fill("4")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".title .badge")).to_have_text("queued")
