"""Whatever a task returns is text on the page, and never blocks it."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lab.harness.servers import API
from tests.page.chromium import opened
from tests.support.door import run

MARKUP = "<script>document.title='owned'</script><img/src=x/onerror=\"document.title='owned'\">"
LONG = MARKUP + "x" * 1_000_000
# Of what keeps the browser from answering to a key or a click, on two cores that others use, too.
LONGEST_BLOCK_MS = 1_500
WATCH = """
window.blocks = [];
new PerformanceObserver((list) => window.blocks.push(...list.getEntries().map((one) => one.duration)))
  .observe({type: "longtask", buffered: true});
"""


@pytest.fixture
def watched(browser: Browser, api: API) -> Iterator[Page]:
    """The page, with an eye on how long it blocks; at the end it must be alive, inert, and never have blocked for long."""
    with opened(browser, api.port) as page:
        page.add_init_script(WATCH)
        page.reload()
        yield page
        assert page.evaluate("document.readyState") == "complete"
        assert page.locator("main script, main img").count() == 0
        assert "owned" not in page.title()
        blocks: list[float] = page.evaluate("window.blocks")
        assert max(blocks, default=0) < LONGEST_BLOCK_MS


def test_a_long_input_log_output_and_result_are_inert(watched: Page, client: httpx.Client) -> None:
    task = run(client, "say_and_return", text=LONG)
    watched.goto(f"/#/tasks/{task['task_id']}")
    for label in ("Input", "Log", "Output", "Result"):
        expect(watched.get_by_label(label, exact=True)).to_contain_text("xxxx")
    for label in ("Input", "Result"):
        shown = watched.get_by_label(label, exact=True)
        expect(shown).to_contain_text("<script>document.title=")
        assert len(shown.inner_text()) == 4_000
    more = watched.get_by_role("button", name="Show more")
    while more.count():
        more.first.click()
    assert len(watched.get_by_label("Result", exact=True).inner_text()) == 256_000
    expect(watched.get_by_text("The first 256,000 of 1,000,087 characters.").first).to_be_visible()


def test_a_long_error_is_inert_on_its_page_and_in_the_list(watched: Page, client: httpx.Client) -> None:
    for _ in range(3):
        task = run(client, "fail", message=LONG)
    expect(watched.locator("tbody tr", has_text=task["task_id"][:8])).to_be_visible()
    watched.get_by_role("link", name="fail", exact=True).first.click()
    error = watched.get_by_label("Error", exact=True)
    expect(error).to_contain_text("<script>document.title=")
    assert len(error.inner_text()) == 4_000


def test_markup_in_an_address_is_text(watched: Page) -> None:
    watched.goto(f"/#/tasks/{MARKUP.replace('/', '%2F')}")
    expect(watched.get_by_role("heading", level=1)).to_have_text("Task not found")
    watched.goto(f"/#/new/{MARKUP.replace('/', '%2F')}")
    expect(watched.locator("main")).to_contain_text("No task is named <script>")
    watched.goto(f"/#/tasks?queue={MARKUP.replace('/', '%2F')}")
    expect(watched.get_by_text("No task matches these filters.")).to_be_visible()
