"""Going back leads to where one was, and leaves behind what was asked there."""

import httpx
from playwright.sync_api import Page, expect

from tests.support.door import run, submit


def test_a_question_names_its_task_and_is_gone_when_one_goes_back(page: Page, client: httpx.Client) -> None:
    tasks = [submit(client, "unserved") for _ in range(2)]
    for task in tasks:
        page.goto(f"/#/tasks/{task['task_id']}")
        expect(page.locator(".title .badge")).to_have_text("queued")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text(tasks[1]["task_id"])
    page.go_back()
    expect(page.locator("main")).to_contain_text(tasks[0]["task_id"])
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_goes_back_to_a_list_finds_the_place_again(page: Page, client: httpx.Client) -> None:
    for number in range(50):
        submit(client, "word_count", text=f"{number}")
    run(client, "word_count", text="last")
    page.goto("/#/tasks?name=word_count")
    expect(page.locator("tbody tr")).to_have_count(50)
    row = page.locator("tbody tr").nth(35)
    row.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 200)")
    page.wait_for_function("scrollY > 300")
    before = page.evaluate("scrollY")
    row.get_by_role("link").click()
    expect(page.locator(".title .badge")).to_have_text("succeeded")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.wait_for_function("before => Math.abs(scrollY - before) < 2", arg=before)
    page.go_forward()
    expect(page.locator(".title .badge")).to_have_text("succeeded")
    page.wait_for_function("scrollY === 0")
