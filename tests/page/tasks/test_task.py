"""A task's page: what it was given, what it says, cancelling it, running it again."""

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.support.door import in_state, run, submit


def test_a_queued_task_is_cancelled_after_a_question_that_says_what_will_happen(
    page: Page, client: httpx.Client
) -> None:
    task = submit(client, "unserved")
    page.goto(f"/#/tasks/{task['task_id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("The task is queued and will never start.")
    page.get_by_role("button", name="Go back").click()
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
        expect(page.get_by_role("dialog")).to_contain_text("The task is running.")
        page.get_by_label("End it immediately").check()
        page.get_by_role("button", name="Cancel the task").click()
        expect(page.locator(".title .badge")).to_have_text("cancelled", timeout=20_000)
        expect(page.locator(".timeline .badge")).to_have_text(["queued", "running", "cancelled"])
    finally:
        until.touch()


def test_a_task_that_was_asked_to_end_and_runs_on_is_marked_and_can_be_terminated(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    until = tmp_path / "let go"
    task = in_state(client, submit(client, "hold", until=str(until)), "running")
    try:
        page.goto(f"/#/tasks/{task['task_id']}")
        asked = page.get_by_text("asked to stop", exact=True)
        page.get_by_role("button", name="Cancel").click()
        expect(asked).to_be_hidden()
        page.get_by_role("button", name="Cancel the task").click()
        expect(asked).to_be_visible()
        expect(page.locator("#notice")).to_have_text("The task is asked to stop.")
        page.get_by_role("button", name="Terminate").click()
        expect(page.get_by_role("dialog")).to_contain_text("The task was asked to stop and is still running.")
        page.get_by_role("button", name="End it now").click()
        expect(page.locator(".title .badge")).to_have_text("cancelled", timeout=20_000)
        expect(asked).to_be_hidden()
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


def test_the_input_is_shown_exactly_but_for_what_is_hidden(page: Page, client: httpx.Client) -> None:
    big = run(client, "add", x=9007199254740993, y=10**30)
    page.goto(f"/#/tasks/{big['task_id']}")
    given = page.get_by_label("Input", exact=True)
    expect(given).to_have_text(f'{{\n  "x": 9007199254740993,\n  "y": {10**30}\n}}')
    secret = run(client, "sign_in", user="ann", password="open sesame")
    page.goto(f"/#/tasks/{secret['task_id']}")
    expect(given).to_have_text('{\n  "user": "ann",\n  "password": "hidden"\n}')
    assert "sesame" not in page.content()


def test_what_is_hidden_is_not_shown_while_it_is_typed(page: Page) -> None:
    page.goto("/#/new/sign_in")
    page.get_by_label("user").fill("ann")
    password = page.get_by_label("password")
    expect(password).to_have_attribute("type", "password")
    password.fill("open sesame")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Result", exact=True)).to_have_text('"welcome, ann"')


def test_input_and_result_are_saved_letter_for_letter(page: Page, client: httpx.Client) -> None:
    task = run(client, "add", x=1, y=10**40)
    page.goto(f"/#/tasks/{task['task_id']}")
    for kind, expected in (("result", str(10**40 + 1)), ("input", f'{{"x":1,"y":{10**40}}}')):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save add-{task['task_id']}-{kind}.json").click()
        assert Path(download.value.path()).read_text() == expected


def test_what_a_task_says_is_shown_as_it_says_it(page: Page, client: httpx.Client, tmp_path: Path) -> None:
    until = tmp_path / "let go"
    task = submit(client, "tell_all", lines=20, until=str(until))
    try:
        page.goto(f"/#/tasks/{task['task_id']}")
        expect(page.get_by_label("Log", exact=True)).to_have_text(
            re.compile(r"^line 0\n(line \d+\n)*line 19\n$")
        )
        expect(page.get_by_label("Output", exact=True)).to_have_text("first second")
        expect(page.locator(".said")).to_have_text("20 of 20 · counting")
    finally:
        until.touch()
    expect(page.locator(".title .badge")).to_have_text("succeeded")
