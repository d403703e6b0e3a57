"""However much happens, the page shows the last of it, and answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, expect
from redis import Redis
from redis.typing import EncodableT

from celeriac.ledger.store import keys
from tests.support.door import ended, run, submit

MOST_LINES = 1000
ENDLESS = "a word and 🥬 " * 1000


def kept(page: Page, label: str) -> Locator:
    """The lines that are shown of a log or output."""
    return page.get_by_label(label, exact=True).locator("span")


def left_out(page: Page, label: str) -> Locator:
    """What is said of those that are not."""
    return page.get_by_label(label, exact=True).locator("xpath=..").locator(".note")


def test_of_a_log_and_an_output_without_end_the_last_lines_are_shown(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    until = tmp_path / "enough"
    task = submit(client, "tell_fast", until=str(until))
    try:
        page.goto(f"/#/tasks/{task['task_id']}")
        for label in ("Log", "Output"):
            expect(left_out(page, label)).to_contain_text("left out.")
            assert kept(page, label).count() <= MOST_LINES
        page.get_by_role("link", name="Queues").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
        page.go_back()
        expect(kept(page, "Log").first).to_be_visible()
    finally:
        until.touch()
    said = ended(client, task)["result"]
    expect(page.locator(".title .badge")).to_have_text("succeeded")
    expect(kept(page, "Log").last).to_have_text(f"line {said - 1} of a log in which there is much to be read")
    expect(kept(page, "Output").last).to_contain_text(f"chunk {said - 1}")


def test_what_is_shown_already_is_not_written_again(page: Page, client: httpx.Client, tmp_path: Path) -> None:
    until = tmp_path / "enough"
    task = submit(client, "tell_fast", until=str(until))
    try:
        page.goto(f"/#/tasks/{task['task_id']}")
        expect(kept(page, "Log").nth(20)).to_be_visible()
        last = kept(page, "Log").last.evaluate_handle("node => (node.dataset.marked = 'yes', node)")
        seen = last.evaluate("node => node.textContent")
        page.wait_for_function("node => node.nextElementSibling", arg=last)
        assert last.evaluate("node => node.textContent") == seen
        assert page.locator("[data-marked]").count() == 1
    finally:
        until.touch()


def test_a_line_without_end_is_whole_as_far_as_it_is_shown(page: Page, client: httpx.Client) -> None:
    task = run(client, "say_and_return", text=ENDLESS)
    page.goto(f"/#/tasks/{task['task_id']}")
    output = page.get_by_label("Output", exact=True)
    expect(kept(page, "Output").nth(3)).to_be_visible()
    assert output.evaluate("node => node.textContent") == ENDLESS
    expect(left_out(page, "Output")).to_be_hidden()


def test_the_list_goes_on_and_a_click_is_served_while_thousands_of_events_a_second_come(
    page: Page, client: httpx.Client, redis: Redis
) -> None:
    expect(page.get_by_label("Filters")).to_be_visible()
    with flooded(redis):
        task = run(client, "word_count", text="in the flood")
        row = page.locator("tbody tr", has_text=task["task_id"][:8])
        expect(row).to_contain_text("succeeded")
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("word_count")


@contextmanager
def flooded(redis: Redis) -> Iterator[None]:
    """Meanwhile, thousands of changes a second are told of a task that is not there."""
    over = threading.Event()
    told: dict[EncodableT, EncodableT] = {
        "event": "state",
        "task_id": "none",
        "name": "add",
        "queue": "default",
        "state": "running",
    }

    def tell() -> None:
        while not over.wait(0.05):
            with redis.pipeline(transaction=False) as pipeline:
                for _ in range(200):
                    pipeline.xadd(keys.feed(), dict(told), maxlen=10_000)
                pipeline.execute()

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
