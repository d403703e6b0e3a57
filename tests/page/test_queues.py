"""The queues and workers: how they stand, and what can be done with a queue."""

import re

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.support.door import ended, run, shown, submit


def card(page: Page, queue: str) -> Locator:
    """What the page says of this queue."""
    return page.get_by_role("region", name=f"Queue {queue}", exact=True)


def fact(card: Locator, name: str) -> Locator:
    """One figure on it."""
    return card.locator("dl > div", has=card.page.locator("dt", has_text=re.compile(f"^{name}$"))).locator(
        "dd"
    )


def confirm(page: Page, button: str, *said: str) -> None:
    """Say yes to a question that says this."""
    for words in said:
        expect(page.get_by_role("dialog")).to_contain_text(words)
    page.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_queue_is_paused_and_resumed(page: Page, client: httpx.Client) -> None:
    run(client, "add", x=1, y=1)
    page.get_by_role("link", name="Queues").click()
    default = card(page, "default")
    default.get_by_role("button", name="Pause").click()
    try:
        confirm(
            page, "Pause the queue", "Workers take no more tasks from this queue", "Running tasks continue"
        )
        expect(default.locator(".badge")).to_have_text("paused")
        task = submit(client, "add", x=20, y=3)
        expect(fact(default, "Waiting")).to_have_text("1")
        assert shown(client, task)["state"] == "queued"
        default.get_by_role("button", name="Resume").click()
        confirm(page, "Resume the queue", "Right now 1 task waits.")
        expect(default.locator(".badge")).to_be_hidden()
    finally:
        client.post("/queues/default/resume")
    assert ended(client, task)["result"] == 23


def test_a_purge_says_how_many_tasks_end_and_cancels_them(page: Page, client: httpx.Client) -> None:
    tasks = [submit(client, "unserved", x=number) for number in range(3)]
    page.goto("/#/queues")
    unserved = card(page, "unserved")
    (depth,) = [one["depth"] for one in client.get("/queues").json()["items"] if one["name"] == "unserved"]
    expect(fact(unserved, "Waiting")).to_have_text(f"{depth:,}")
    expect(fact(unserved, "Workers")).to_have_text("none")
    unserved.get_by_role("button", name="Purge").click()
    page.get_by_role("button", name="Go back").click()
    assert shown(client, tasks[0])["state"] == "queued"
    unserved.get_by_role("button", name="Purge").click()
    confirm(page, "Cancel all waiting tasks", "end as cancelled", f"Right now {depth:,} tasks wait.")
    expect(page.locator("#notice")).to_have_text(f"{depth:,} tasks were cancelled.")
    expect(fact(unserved, "Waiting")).to_have_text("0")
    assert {shown(client, task)["state"] for task in tasks} == {"cancelled"}


def test_small_charts_follow_depth_and_throughput(page: Page, client: httpx.Client) -> None:
    submit(client, "unserved")
    page.goto("/#/queues")
    depth = card(page, "unserved").get_by_role("img", name="Waiting, last 2 minutes")
    expect(depth).to_have_attribute("aria-label", re.compile(r"now [1-9]\d*, at most [1-9]"))
    rate = card(page, "default").get_by_role("img", name="Started per second")
    expect(rate).to_be_visible()
    for number in range(20):
        run(client, "add", x=number, y=1)
    expect(rate).to_have_attribute("aria-label", re.compile(r"at most (?!0/s)"))
    points = rate.locator("polyline").get_attribute("points") or ""
    assert len({point.partition(",")[2] for point in points.split()}) > 1


def test_a_focused_button_keeps_its_focus_while_the_figures_move(page: Page, client: httpx.Client) -> None:
    submit(client, "unserved")
    page.goto("/#/queues")
    unserved = card(page, "unserved")
    unserved.get_by_role("button", name="Pause").focus()
    before = fact(unserved, "Waiting").inner_text()
    submit(client, "unserved")
    expect(fact(unserved, "Waiting")).not_to_have_text(before)
    expect(unserved.get_by_role("button", name="Pause")).to_be_focused()


def test_a_worker_is_shown_with_what_it_runs(page: Page, client: httpx.Client) -> None:
    task = submit(client, "hold", until="/nowhere/at/all")
    try:
        page.goto("/#/workers")
        worker = page.locator("tbody tr").first
        expect(worker).to_contain_text("default")
        expect(worker).to_contain_text("1 of 102")  # two processes, and a hundred in the event loop
        worker.get_by_role("link", name=task["task_id"][:8]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("hold")
    finally:
        client.post(task["links"]["cancel"], json={"terminate": True})
