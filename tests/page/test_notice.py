"""What was done is said for a moment, where it disturbs nothing."""

from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lab.harness.servers import API
from tests.page.chromium import PHONE, opened
from tests.page.test_looks import CONTRAST
from tests.support.door import Document, run, submit

BOX = "node => { const {x, y, width, height} = node.getBoundingClientRect(); return {x, y, width, height}; }"


def cancelled_on(page: Page, task: Document) -> None:
    """Cancel it as a person does, on its page."""
    page.goto(f"/#/tasks/{task['task_id']}")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.locator("#notice")).to_have_text("The task is cancelled.")


def test_it_is_gone_after_a_while(page: Page, client: httpx.Client) -> None:
    page.clock.install()
    cancelled_on(page, submit(client, "unserved"))
    page.clock.fast_forward(10_000)
    expect(page.locator("#notice")).to_be_empty()


def test_it_is_gone_with_the_next_view(page: Page, client: httpx.Client) -> None:
    page.clock.install()
    cancelled_on(page, submit(client, "unserved"))
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))  # so that it is not its time that ends it
    expect(page.locator("#notice")).not_to_be_empty()
    page.get_by_role("link", name="Workers").click()
    expect(page.locator("#notice")).to_be_empty()


def test_a_new_task_is_told_on_its_own_page(page: Page, client: httpx.Client) -> None:
    task = run(client, "fail", message="no such invoice")
    page.goto(f"/#/tasks/{task['task_id']}")
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("button", name="Run it again").click()
    expect(page.get_by_role("link", name=task["task_id"])).to_be_visible()
    expect(page.locator("#notice")).to_have_text("A new task was submitted.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_phone_and_moves_nothing(
    scheme: Literal["light", "dark"], browser: Browser, api: API, client: httpx.Client
) -> None:
    with opened(browser, api.port, viewport=PHONE, color_scheme=scheme) as page:
        task = submit(client, "unserved")
        page.goto(f"/#/tasks/{task['task_id']}")
        expect(page.locator(".title .badge")).to_have_text("queued")
        title = page.get_by_role("heading", level=1)
        before = title.evaluate(BOX)
        cancelled_on(page, task)
        box = page.locator("#notice span").evaluate(BOX)
        assert title.evaluate(BOX) == before
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        contrasts = {text: contrast for contrast, text in page.evaluate(CONTRAST)}
        assert contrasts["The task is cancelled."] >= 4.5


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "appear")])
def test_it_moves_only_for_who_likes_that(
    motion: str, animation: str, browser: Browser, api: API, client: httpx.Client
) -> None:
    with opened(browser, api.port, reduced_motion=motion) as page:
        cancelled_on(page, submit(client, "unserved"))
        said = page.locator("#notice span")
        assert said.evaluate("node => getComputedStyle(node).animationName") == animation
