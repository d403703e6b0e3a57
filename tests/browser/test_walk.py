"""A walk through the page. Skipped where Playwright or Chromium is not installed."""

import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.door import run, submit
from tests.servers import API

CHROMIUM = shutil.which("chromium")
MARKUP = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
PHONE = {"width": 390, "height": 844}
VIEWS = ("#/tasks", "#/new", "#/new/primes", "#/new/thumbnail", "#/queues", "#/workers", "#/nothing")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        # A container has no user namespaces for the sandbox, and little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, api: API) -> Iterator[Page]:
    """The page, at its list of tasks."""
    with opened(browser, api) as page:
        yield page


@contextmanager
def opened(browser: Browser, api: API, **options: Any) -> Iterator[Page]:
    """The page in a context of its own; a fault of its scripts, or a breach of its policy, fails the test."""
    base_url = f"http://127.0.0.1:{api.port}"
    context = browser.new_context(base_url=base_url, **options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(complaint(message)))
    page.on(
        "request", lambda request: None if request.url.startswith(base_url) else faults.append(request.url)
    )
    page.goto("/")
    yield page
    context.close()
    assert faults == []


def complaint(message: ConsoleMessage) -> list[str]:
    """What is wrong, but for answers that are refusals: the page tells those itself."""
    expected = message.type != "error" or message.text.startswith("Failed to load resource")
    return [] if expected else [message.text]


def test_a_task_is_submitted_from_its_form_and_its_result_is_shown(page: Page) -> None:
    page.get_by_role("link", name="New task").click()
    page.get_by_role("link", name="primes").click()
    page.get_by_label("limit").fill("1000")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".title .badge")).to_have_text("succeeded")
    expect(page.get_by_label("Result", exact=True)).to_have_text('{\n  "count": 168,\n  "largest": 997\n}')
    expect(page.locator(".timeline .badge")).to_have_text(["queued", "running", "succeeded"])
    page.get_by_role("link", name="All tasks").click()
    expect(page.locator("tbody tr").first).to_contain_text("primes")


def test_what_does_not_fit_is_said_at_its_field(page: Page) -> None:
    page.goto("/#/new/primes")
    limit = page.get_by_label("limit")
    for given, complaint in (("", "needed"), ("many", "whole number"), ("-1", "greater than or equal to 0")):
        limit.fill(given)
        page.get_by_role("button", name="Submit").click()
        expect(page.locator("#field-limit-wrong")).to_contain_text(complaint)
        expect(limit).to_have_attribute("aria-invalid", "true")
        expect(limit).to_be_focused()


def test_a_big_integer_stays_exact_on_its_way_in_and_out(page: Page) -> None:
    page.goto("/#/new/add")
    page.get_by_label("x", exact=True).fill("9007199254740993")
    page.get_by_label("y", exact=True).fill("100000000000000000000000000000")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Result", exact=True)).to_have_text("100000000000009007199254740993")


def test_a_queued_task_is_cancelled_after_a_question_that_says_what_will_happen(
    page: Page, client: httpx.Client
) -> None:
    task = submit(client, "unserved")
    page.goto(f"/#/tasks/{task['task_id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("It is queued and will never start.")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.locator(".title .badge")).to_have_text("cancelled")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_running_task_is_cancelled_with_its_process_if_that_is_asked_for(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    until = tmp_path / "let go"
    task = submit(client, "hold", until=str(until))
    try:
        page.goto(f"/#/tasks/{task['task_id']}")
        expect(page.locator(".title .badge")).to_have_text("running")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_contain_text("It runs now.")
        page.get_by_label("End its process at once").check()
        page.get_by_role("button", name="Cancel the task").click()
        expect(page.locator(".title .badge")).to_have_text("cancelled", timeout=20_000)
        expect(page.locator(".timeline .badge")).to_have_text(["queued", "running", "cancelled"])
    finally:
        until.touch()


def test_a_failed_task_is_run_again_as_a_new_one(page: Page, client: httpx.Client) -> None:
    task = run(client, "fail", message="no such invoice")
    page.goto(f"/#/tasks/{task['task_id']}")
    expect(page.locator(".error")).to_contain_text("no such invoice")
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("button", name="Run it again").click()
    expect(page.get_by_role("link", name=task["task_id"])).to_be_visible()
    expect(page).not_to_have_url(re.compile(re.escape(task["task_id"])))
    expect(page.locator(".title .badge")).to_have_text("failed")


def test_a_filter_is_in_the_address_and_outlives_a_reload(page: Page, client: httpx.Client) -> None:
    run(client, "fail", message="once")
    run(client, "add", x=1, y=1)
    page.get_by_label("States").get_by_role("link", name="failed").click()
    page.get_by_label("Task", exact=True).select_option("fail")
    expect(page).to_have_url(re.compile(r"#/tasks\?state=failed&name=fail$"))
    for _ in range(2):
        expect(page.locator("tbody .badge").first).to_have_text("failed")
        assert set(page.locator("tbody .badge").all_inner_texts()) == {"failed"}
        assert set(page.locator("tbody a").all_inner_texts()) == {"fail"}
        expect(page.get_by_label("Task", exact=True)).to_have_value("fail")
        page.reload()


def test_a_new_task_appears_without_a_reload(page: Page, client: httpx.Client) -> None:
    page.goto("/#/tasks?name=word_count")
    expect(page.get_by_label("Filters")).to_be_visible()
    task = run(client, "word_count", text="live")
    row = page.locator("tbody tr", has_text=task["task_id"][:8])
    expect(row).to_contain_text("succeeded")
    page.get_by_role("button", name="Live").click()
    later = run(client, "word_count", text="paused")
    page.get_by_role("button", name="Paused").click()
    expect(page.locator("tbody tr", has_text=later["task_id"][:8])).to_be_visible()


def test_markup_in_what_a_task_is_given_and_says_is_text(page: Page, client: httpx.Client) -> None:
    failed = run(client, "fail", message=MARKUP)
    page.goto(f"/#/tasks/{failed['task_id']}")
    expect(page.get_by_label("Error", exact=True)).to_have_text(MARKUP)
    page.goto("/#/new/word_count")
    page.get_by_label("text").fill(MARKUP)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Result", exact=True)).to_contain_text("<script>document.title")
    page.goto(f"/#/tasks/{MARKUP.replace('/', '%2F')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such task")
    assert page.locator("main script, main img").count() == 0
    assert "owned" not in page.title()


def test_a_long_result_is_folded(page: Page, client: httpx.Client) -> None:
    task = run(client, "return_at_length", size=1_000_000)
    page.goto(f"/#/tasks/{task['task_id']}")
    result = page.get_by_label("Result", exact=True)
    expect(result).to_be_visible()
    assert len(result.inner_text()) == 4_000
    page.get_by_role("button", name="Show more").click()
    assert len(result.inner_text()) == 16_000


def test_an_api_that_is_away_is_told_and_the_page_comes_back_by_itself(page: Page, api: API) -> None:
    expect(page.get_by_label("Filters")).to_be_visible()
    api.signal(signal.SIGSTOP)
    try:
        expect(page.get_by_role("status")).to_contain_text("The API does not answer.", timeout=20_000)
    finally:
        api.signal(signal.SIGCONT)
    expect(page.get_by_role("status")).not_to_contain_text("The API", timeout=20_000)
    with api.client() as client:
        task = run(client, "add", x=1, y=2)
    expect(page.locator("tbody tr", has_text=task["task_id"][:8])).to_contain_text("succeeded")


def test_what_was_typed_stays_while_the_api_is_away(page: Page, api: API) -> None:
    page.goto("/#/new/add")
    page.get_by_label("x", exact=True).fill("17")
    api.signal(signal.SIGSTOP)
    try:
        expect(page.get_by_role("status")).to_contain_text("The API does not answer.", timeout=20_000)
    finally:
        api.signal(signal.SIGCONT)
    expect(page.get_by_role("status")).not_to_contain_text("The API", timeout=20_000)
    expect(page.get_by_label("x", exact=True)).to_have_value("17")


def test_a_store_that_is_away_is_told(browser: Browser, cut_off: httpx.Client) -> None:
    page = browser.new_page()
    page.goto(str(cut_off.base_url))
    expect(page.get_by_role("status")).to_contain_text("The API cannot reach its store.")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is(scheme: str, browser: Browser, api: API) -> None:
    with opened(browser, api, color_scheme=scheme) as page:
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        assert (int(shade) < 64) == (scheme == "dark")


def test_nothing_is_wider_than_a_phone(browser: Browser, api: API, client: httpx.Client) -> None:
    failed = run(client, "fail", message="x" * 500)
    with opened(browser, api, viewport=PHONE) as page:
        for view in (*VIEWS, f"#/tasks/{failed['task_id']}"):
            page.goto(f"/{view}")
            expect(page.get_by_role("heading").first).to_be_visible()
            page.wait_for_load_state()
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view


def test_all_of_it_can_be_reached_with_the_keyboard(page: Page) -> None:
    expect(page.get_by_label("Filters")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Live")).to_be_focused()
    page.get_by_label("States").get_by_role("link", name="failed").press("Enter")
    expect(page.get_by_label("States").get_by_role("link", name="failed")).to_be_focused()
