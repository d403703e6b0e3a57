"""Batches on the page: the list, and one with its counts, failures, results and retry."""

import json
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.support.door import Document, document

MARKUP = "<img src=x onerror=document.title='owned'>"


def submitted(client: httpx.Client, label: str, *items: Document) -> Document:
    """A batch of these items."""
    response = client.post("/batches", json=list(items), params={"label": label})
    assert response.status_code == 202, response.text
    batch: Document = document(response)
    return batch


def item(name: str, **task_input: object) -> Document:
    """One item."""
    return {"name": name, "input": task_input}


def confirm(page: Page, button: str) -> None:
    """Say yes."""
    page.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_batch_is_followed_to_its_end_and_what_failed_is_run_again(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    sums = [item("add", x=number, y=1) for number in range(3)]
    batch = submitted(client, MARKUP, *sums, item("fail", message=MARKUP), item("hold", until=str(gate)))
    try:
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Batches").click()
        row = page.locator("tbody tr", has_text=batch["batch_id"][:8])
        expect(row).to_contain_text("4 of 5 ended")
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
        expect(page.locator(".title .badge")).to_have_text("running")
        expect(page.locator("tbody tr").first).to_contain_text("3 failed")
        expect(page.locator("tbody tr").first).to_contain_text(MARKUP)
        gate.touch()
        expect(page.locator(".title .badge")).to_have_text("failed")
        expect(page.get_by_role("img", name="4 succeeded, 1 failed")).to_be_visible()
        states = page.get_by_label("States").get_by_role("link")
        expect(states).to_have_text(["5 tasks", "4 succeeded", "1 failed"])
        states.filter(has_text="failed").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save results").click()
        lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
        assert [line["result"] for line in lines[:3]] == [1, 2, 3]
        page.get_by_role("button", name="Retry").click()
        confirm(page, "Run it again")
        expect(page.locator("main")).not_to_contain_text(batch["batch_id"])
        expect(page.locator("tbody tr")).to_have_count(1)
        page.locator("tbody a").click()
        expect(page.locator(".facts").get_by_role("link", name="item 0")).to_be_visible()
        assert page.locator("main img").count() == 0
    finally:
        gate.touch()


def test_a_batch_is_cancelled(page: Page, client: httpx.Client) -> None:
    batch = submitted(client, "waits", *[item("unserved", x=number) for number in range(3)])
    page.goto(f"/#/batches/{batch['batch_id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("waits")
    confirm(page, "Cancel the batch")
    expect(page.get_by_role("img", name="3 cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_an_unknown_batch_is_named(page: Page) -> None:
    page.goto(f"/#/batches/{MARKUP.replace(' ', '%20')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Batch not found")
