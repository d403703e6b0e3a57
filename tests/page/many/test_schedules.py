"""Schedules on the page: listed, shown with their due times, changed, and made."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.door import document

MARKUP = "<img src=x onerror=document.title='owned'>"


@contextmanager
def scheduled(client: httpx.Client, name: str, /, **body: Any) -> Iterator[dict[str, Any]]:
    """A schedule with this body, until the end of the test; it submits `add` unless it says what."""
    body = {"submit": {"name": "add", "input": {"x": 1, "y": 2}}, **body}
    response = client.put(f"/schedules/{name}", json=body)
    assert response.status_code == 201, response.text
    yield document(response)
    client.delete(f"/schedules/{name}")


def row(page: Page, name: str) -> Locator:
    """The line of this schedule in the list."""
    return page.locator("tbody tr", has=page.get_by_role("link", name=name, exact=True))


def confirm(page: Page, words: str, button: str) -> None:
    """Say yes to a question that has these words."""
    expect(page.get_by_role("dialog")).to_contain_text(words)
    page.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_list_shows_when_each_is_due_and_what_it_did_last(page: Page, client: httpx.Client) -> None:
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    with (
        scheduled(client, "nightly", cron="30 2 * * 1-5", zone="Europe/Berlin"),
        scheduled(client, "often", every="PT1H", until=until) as often,
        scheduled(client, "held", at=["2060-01-01T00:00:00Z"], paused=True),
    ):
        ran = document(client.post("/schedules/often/run"))
        assert often["last_task_id"] is None
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Schedules").click()
        expect(row(page, "nightly")).to_contain_text("at 02:30 on Monday to Friday")
        expect(row(page, "nightly")).to_contain_text("30 2 * * 1-5 · Europe/Berlin")
        expect(row(page, "often")).to_contain_text("every hour")
        expect(row(page, "often")).to_contain_text("in 59 min")
        expect(row(page, "held")).to_contain_text("once")
        expect(row(page, "held").locator(".badge")).to_have_text("paused")
        row(page, "often").get_by_role("button", name="Run now").click()
        confirm(page, "A task add is submitted now with the input of the schedule.", "Run it now")
        expect(page.locator("#notice")).to_have_text("A task was submitted.")
        expect(page.get_by_label("Result", exact=True)).to_have_text("3")
        assert ran["task_id"] not in page.url


def test_a_schedule_is_paused_resumed_and_deleted_from_its_page(page: Page, client: httpx.Client) -> None:
    big = 10**30 + 1
    submission = {"name": "add", "input": {"x": big, "y": 2}, "expires": 60}
    with scheduled(client, "one", submit=submission, cron="0 9 1,15 * *", zone="Asia/Seoul"):
        page.goto("/#/schedules/one")
        expect(page.get_by_role("heading", level=1)).to_have_text("one")
        expect(page.locator(".facts")).to_contain_text("at 09:00 on day 1 and 15 of the month")
        expect(page.get_by_label("Submission", exact=True).last).to_contain_text(str(big))
        times = page.locator(".moments li")
        expect(times).to_have_count(10)
        assert all("9:00:00" in text and "in Asia/Seoul" in text for text in times.all_inner_texts())
        page.get_by_role("button", name="Pause").click()
        confirm(page, "It submits nothing until you resume it.", "Pause the schedule")
        expect(page.locator(".title .badge")).to_have_text("paused")
        expect(page.get_by_text("None while it is paused.")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        confirm(page, "It is due again from now on.", "Resume the schedule")
        expect(times).to_have_count(10)
        page.get_by_role("button", name="Delete").click()
        confirm(page, "Tasks that it has submitted stay.", "Delete the schedule")
        expect(page.get_by_text("The schedule is deleted.")).to_be_visible()
        assert client.get("/schedules/one").status_code == 404


def test_a_schedule_is_made_with_the_form_of_its_task(page: Page, client: httpx.Client) -> None:
    page.goto("/#/schedules")
    page.get_by_role("link", name="New schedule").click()
    page.get_by_role("link", name="add", exact=False).first.click()
    page.get_by_label("name").fill("made/here")
    page.get_by_label("x", exact=True).fill("9007199254740993")
    page.get_by_label("y", exact=True).fill("2")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.locator("#field-rule-name-wrong")).to_contain_text("letters, digits")
    page.get_by_label("name").fill("made-here")
    page.get_by_label("cron").fill("61 * * * *")
    page.get_by_label("zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.locator("#field-rule-cron-wrong")).to_contain_text("cron expression")
    page.get_by_label("cron").fill("*/10 9-17 * * MON")
    expect(page.get_by_text("That is every 10 minutes in the hours 09 to 17 on Monday.")).to_be_visible()
    try:
        page.get_by_role("button", name="Create the schedule").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("made-here")
        made = document(client.get("/schedules/made-here"))
        assert (made["cron"], made["zone"]) == ("*/10 9-17 * * MON", "Europe/Berlin")
        assert made["submit"]["input"] == {"x": 9007199254740993, "y": 2}
        page.goto("/#/new-schedule/add")
        page.get_by_label("name").fill("made-here")
        page.get_by_label("It is due").select_option("at an interval")
        page.get_by_label("x", exact=True).fill("1")
        page.get_by_label("y", exact=True).fill("2")
        page.get_by_role("button", name="Create the schedule").click()
        confirm(page, "A schedule of this name exists.", "Replace the schedule")
        expect(page.locator(".facts")).to_contain_text("every hour")
    finally:
        client.delete("/schedules/made-here")


def test_what_a_schedule_failed_with_is_shown_as_text(page: Page, client: httpx.Client) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    submission = {"name": "word_count", "input": {"text": MARKUP}}
    with scheduled(client, "hostile", submit=submission, at=[soon]):
        page.goto("/#/schedules")
        expect(row(page, "hostile")).to_contain_text("never again")
        row(page, "hostile").locator("a.id").click()
        expect(page.get_by_label("Input", exact=True)).to_contain_text(MARKUP)
        page.goto("/#/schedules/hostile")
        expect(page.get_by_label("Submission", exact=True).last).to_contain_text(MARKUP)
        page.goto(f"/#/schedules/{MARKUP.replace(' ', '%20')}")
        expect(page.get_by_text("No schedule has the name")).to_be_visible()
        assert page.locator("main img").count() == 0
        assert page.title() != "owned"


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 * * * *", "every hour"),
        ("30 2 * * *", "every day at 02:30"),
        ("*/5 * * * *", "every 5 minutes"),
        ("0 */6 * * *", "every 6 hours"),
        ("0 0 L * *", "at 00:00 on the last day of the month"),
        ("15 8,20 * JAN 5L", "at 08:15 and 20:15 on the last Friday of the month in January"),
        ("0 4 1 * MON#2", "at 04:00 on day 1 of the month or on the second Monday of the month"),
        ("*/7 * * * *", None),
        ("61 * * * *", None),
    ],
)
def test_a_rule_is_in_words_where_words_are_exact(cron: str, words: str | None, page: Page) -> None:
    said = page.evaluate(
        "async (cron) => (await import('/static/page/schedules/cron.js')).cronInWords(cron)", cron
    )
    assert said == words
