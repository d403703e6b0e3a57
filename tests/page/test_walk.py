"""A walk through the page: submit, list, filter, share the address."""

import re

import httpx
from playwright.sync_api import Browser, Page, Route, expect

from lab.harness.servers import API
from tests.page.chromium import opened
from tests.support.door import run


def test_primes_is_submitted_from_its_form_watched_and_its_result_is_shown(page: Page) -> None:
    page.get_by_role("link", name="New task").click()
    page.get_by_role("link", name="primes").click()
    page.get_by_label("limit").fill("1000000")
    page.get_by_role("button", name="Submit").click()
    bar = page.get_by_role("progressbar", name="Progress")
    expect(page.locator(".said")).to_contain_text(" of 1,000,000 · ")
    seen = float(bar.evaluate("bar => bar.value"))
    expect(bar).not_to_have_js_property("value", seen)
    assert bar.evaluate("bar => bar.value") > seen
    expect(page.locator(".title .badge")).to_have_text("succeeded")
    expect(bar).to_be_hidden()
    expected = '{\n  "count": 78498,\n  "largest": 999983\n}'
    expect(page.get_by_label("Result", exact=True)).to_have_text(expected)
    expect(page.locator(".timeline .badge")).to_have_text(["queued", "running", "succeeded"])
    page.get_by_role("link", name="All tasks").click()
    expect(page.locator("tbody tr").first).to_contain_text("primes")


def test_what_does_not_fit_is_said_at_its_field(page: Page) -> None:
    page.goto("/#/new/primes")
    limit = page.get_by_label("limit")
    for given, complaint in (
        ("", "required"),
        ("many", "whole number"),
        ("-1", "greater than or equal to 0"),
    ):
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


def test_a_submission_whose_answer_was_lost_is_one_task(page: Page) -> None:
    page.goto("/#/new/add")
    page.get_by_label("x", exact=True).fill("70001")
    page.get_by_label("y", exact=True).fill("2")
    ids: list[str] = []

    def lose(route: Route) -> None:
        ids.append(route.fetch().json()["task_id"])
        route.abort()

    page.route("**/add", lose)
    for _ in range(2):
        before = len(ids)
        page.get_by_role("button", name="Submit").click()
        expect(page.locator(".task-form > .wrong")).to_have_text("The API does not answer.")
        assert len(ids) == before + 1
    page.unroute("**/add")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Result", exact=True)).to_have_text("70003")
    assert {*ids, page.url.rpartition("/")[2]} == {ids[0]}


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


def test_an_address_that_is_shared_shows_the_same(
    page: Page, browser: Browser, api: API, client: httpx.Client
) -> None:
    run(client, "fail", message="shared")
    page.get_by_label("States").get_by_role("link", name="failed").click()
    page.get_by_label("Queue").fill("default")
    page.get_by_label("Queue").press("Enter")
    expect(page).to_have_url(re.compile(r"state=failed&queue=default$"))
    with opened(browser, api.port) as other:
        other.goto(page.url)
        expect(other.get_by_label("Queue")).to_have_value("default")
        expect(other.get_by_role("link", name="failed")).to_have_attribute("aria-current", "true")
        assert set(other.locator("tbody .badge").all_inner_texts()) <= {"failed"}


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
