"""Webhooks on the page: deliveries with their attempts, sent again, and endpoints with reasons."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.http.webhooks.receiver import Receiver, receiving
from tests.support.door import Document, document, ended

MARKUP = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Who gets the webhooks."""
    with receiving() as receiver:
        yield receiver


def notifying(client: httpx.Client, url: str) -> Document:
    """A sum whose end is sent there; it has ended."""
    body = {"name": "add", "input": {"x": 1, "y": 2}, "notify": [{"url": url}]}
    return ended(client, document(client.post("/tasks", json=body)))


def row(page: Page, text: str) -> Locator:
    """The lines that contain this."""
    return page.locator("tbody tr", has_text=text)


def test_a_delivery_has_its_attempts_and_is_sent_again(
    page: Page, client: httpx.Client, receiver: Receiver
) -> None:
    receiver.answers["/busy"] = [503]
    done, busy = (notifying(client, f"{receiver.url}{path}") for path in ("/done", "/busy"))
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Webhooks").click()
    expect(row(page, "/done").locator(".badge")).to_have_text("succeeded")
    late = row(page, "/busy")
    expect(late.locator(".badge")).to_have_text("retrying")
    expect(late).to_contain_text("next in")
    expect(late).to_contain_text("the receiver answered 503")
    late.get_by_text("1 attempt").click()
    expect(late.locator("li")).to_contain_text("503")
    expect(late.get_by_role("button", name="Send again")).to_be_hidden()
    row(page, "/done").get_by_role("button", name="Send again").click()
    expect(page.get_by_role("dialog")).to_contain_text("with the same webhook-id")
    page.get_by_role("dialog").get_by_role("button", name="Send it again").click()
    expect(row(page, "/done")).to_have_count(2)
    first, second = receiver.at("/done", 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    page.get_by_label("States").get_by_role("link", name="retrying").click()
    expect(row(page, "/done")).to_have_count(0)
    link = row(page, busy["task_id"][:8]).get_by_role("link", name="task.succeeded")
    expect(link).to_have_attribute("href", f"#/tasks/{busy['task_id']}")
    page.get_by_label("States").get_by_role("link", name="succeeded").click()
    row(page, done["task_id"][:8]).first.get_by_role("link", name="task.succeeded").click()
    expect(page.get_by_label("Result", exact=True)).to_have_text("3")


def test_an_endpoint_says_why_it_is_disabled_and_hostile_texts_are_text(
    page: Page, client: httpx.Client, receiver: Receiver
) -> None:
    path = "/gone?a=%3Cimg%20src=x%3E"
    receiver.answers[path] = [410]
    rules = {"url": receiver.url + path, "names": [MARKUP, "add"]}
    for other in document(client.get("/webhooks"))["items"]:
        client.delete(f"/webhooks/{other['name']}")
    page.goto("/#/endpoints")
    command = page.get_by_label("Command", exact=True)
    expect(command).to_contain_text(f"curl -X PUT {str(client.base_url).rstrip('/')}/webhooks/shop")
    try:
        assert client.put("/webhooks/shop", json=rules).status_code == 201
        shop = row(page, "shop")
        expect(shop).to_contain_text(f"every endof {MARKUP}, add")
        expect(shop.locator(".badge")).to_have_text("enabled")
        ended(client, document(client.post("/add", json={"x": 4, "y": 5})))
        expect(shop.locator(".badge")).to_have_text("disabled")
        expect(shop).to_contain_text("a receiver answered 410 Gone")
        page.get_by_role("link", name="All deliveries").click()
        given_up = row(page, "%3Cimg%20src=x%3E")
        expect(given_up.locator(".badge")).to_have_text("failed")
        given_up.get_by_role("link", name="shop").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Endpoints")
        assert page.locator("main img").count() == 0
        assert page.title() != "owned"
    finally:
        client.delete("/webhooks/shop")


def test_whatever_a_delivery_contains_is_text(page: Page) -> None:
    delivery = {
        **dict.fromkeys(("delivery_id", "task_id", "type", "url", "endpoint", "error"), MARKUP),
        "state": "failed",
        "attempts": [{"at": "2026-05-01T12:00:00Z", "duration": 0.1, "status": None, "error": MARKUP}],
        **dict.fromkeys(("created_at", "ended_at"), "2026-05-01T12:00:00Z"),
        **dict.fromkeys(("batch_id", "due_at", "retry_of", "owner")),
    }
    answer = json.dumps({"items": [delivery], "next_cursor": None})
    page.route("**/deliveries", lambda route: route.fulfill(body=answer, content_type="application/json"))
    page.goto("/#/webhooks")
    page.get_by_text("1 attempt").click()
    expect(page.locator(".attempts li")).to_contain_text(MARKUP)
    for place in (".wrong", "td.url > span", "td.url a", "td:first-child > a"):
        expect(page.locator("tbody").locator(place)).to_have_text(MARKUP)
    assert page.locator("main img").count() == 0
    assert page.title() != "owned"
