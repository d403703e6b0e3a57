"""Limits on the page: who holds a key, how many wait, change and reset."""

import httpx
from playwright.sync_api import Page, expect

from tests.support.door import Document, cancel, document

MARKUP = "<img src=x onerror=document.title='owned'>"


def held(client: httpx.Client, key: str) -> Document:
    """A task of this key, of which one has a slot at a time; nobody runs it."""
    body = {"name": "unserved", "input": {}, "concurrency": {"key": key, "limit": 1}}
    response = client.post("/tasks", json=body)
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def confirm(page: Page, words: str, button: str) -> None:
    """Say yes to a question that has these words."""
    expect(page.get_by_role("dialog")).to_contain_text(words)
    page.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_limit_shows_who_holds_it_and_is_changed_and_reset(page: Page, client: httpx.Client) -> None:
    tasks = [held(client, MARKUP) for _ in range(3)]
    try:
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Limits").click()
        row = page.locator("tbody tr", has_text=MARKUP)
        expect(row).to_contain_text("1 at once")
        expect(row).to_contain_text("2 for a slot")
        row.get_by_text("Tasks").click()
        expect(row.get_by_role("group", name="Running").get_by_role("link")).to_have_attribute(
            "href", f"#/tasks/{tasks[0]['task_id']}"
        )
        expect(row.get_by_role("group", name="Waiting").get_by_role("link")).to_have_count(2)
        expect(row.get_by_role("button", name="Reset")).to_be_hidden()
        row.get_by_label("New limit").fill("2")
        row.get_by_role("button", name="Change").click()
        confirm(page, "At most 2 tasks of this key are queued or run at once", "Change the limit")
        expect(row).to_contain_text("submitted: 1 at once")
        expect(row).to_contain_text("1 for a slot")
        row.get_by_label("New limit").fill("")
        row.get_by_label("New rate").fill("often")
        row.get_by_role("button", name="Change").click()
        expect(row.get_by_label("New rate")).to_be_focused()  # the browser refuses it
        row.get_by_label("New rate").fill("10/s")
        row.get_by_label("New burst").fill("5")
        row.get_by_role("button", name="Change").click()
        confirm(page, "Tasks of this key start at 10/s. After a time", "Change the limit")
        expect(row).to_contain_text("2 at once · 10/s · burst 5")
        row.get_by_role("button", name="Reset").click()
        confirm(page, "those of the latest submission hold again", "Reset the limit")
        expect(row).not_to_contain_text("submitted:")
        assert page.locator("main img").count() == 0
        assert page.title() != "owned"
    finally:
        for task in tasks:
            cancel(client, task)
