"""`make screenshots`: takes pictures of the page, light and dark."""

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, expect

from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.servers import API, running_api, running_worker
from tests.page.chromium import PHONE, running_chromium
from tests.support.door import ended, run, submit, submit_with

PICTURES = ROOT / "docs/screenshots"
DESK = ViewportSize(width=1120, height=700)
# The clock is the machine's, but its zone and its words are the same everywhere.
PLACE: Any = {"locale": "en-GB", "timezone_id": "UTC"}
Scheme = Literal["light", "dark"]


def main() -> None:
    """Start everything, give it work, and look."""
    with tempfile.TemporaryDirectory() as name, Valkey(Path(name) / "valkey") as valkey:
        settings = {"redis_url": valkey.url, "tasks": "tasks,tests.tasks.shown"}
        directory = Path(name)
        with (
            running_worker(directory, "-Q", "default", "--hostname", "celery@worker-1", **settings),
            running_api(directory, **settings) as api,
            api.client() as client,
            running_chromium() as browser,
        ):
            _take_all(browser, api, client)


def _take_all(browser: Browser, api: API, client: httpx.Client) -> None:
    """A task that runs is looked at first."""
    PICTURES.mkdir(exist_ok=True)
    _give_work(client)
    for scheme in ("light", "dark"):
        page = _page(browser, api, scheme)
        running = submit(client, "render", frames=240, licence="K7-2291")
        page.goto(f"/#/tasks/{running['task_id']}")
        expect(page.locator(".said")).to_contain_text("frame 01")
        expect(page.get_by_label("Input", exact=True)).to_be_visible()
        _take(page, f"task-{scheme}")
        page.goto("/#/tasks")
        expect(page.locator("tbody tr").nth(10)).to_be_visible()
        _take(page, f"tasks-{scheme}")
        ended(client, running)
        page.close()
    _take_queues(browser, api, client)
    _take_phone(browser, api)


def _give_work(client: httpx.Client) -> None:
    """Some of all that can become of a task."""
    for limit in (30_000, 90_000, 60_000):
        run(client, "primes", limit=limit)
    for text in ("to be or not to be", "so long and thanks for all the fish"):
        run(client, "word_count", text=text)
    run(client, "render", frames=3)
    submit_with(client, "/add?delay=3600", x=4, y=5)
    client.post(submit_with(client, "/add?delay=60", x=1, y=2)["links"]["cancel"])
    run(client, "fail", message="no such invoice")
    for number in range(2):
        run(client, "add", x=number, y=10**20)
    submit(client, "flaky", failures=4)
    for order in range(3):
        submit(client, "ship", order=4711 + order)


def _take_queues(browser: Browser, api: API, client: httpx.Client) -> None:
    """With a little to see in the charts."""
    page = _page(browser, api, "light")
    page.goto("/#/queues")
    for size in (2, 9, 5, 14, 7, 11, 3):
        for number in range(size):
            submit(client, "render", frames=4)
            if number % 3 == 0:
                submit(client, "ship", order=5000 + number)
        with page.expect_response("**/queues"):
            pass
    client.post("/queues/shipping/pause")
    expect(page.get_by_role("region", name="Queue shipping").locator(".badge")).to_be_visible()
    _take(page, "queues-light")
    page.emulate_media(color_scheme="dark")
    _take(page, "queues-dark")
    page.close()


def _take_phone(browser: Browser, api: API) -> None:
    page = _page(browser, api, "dark", viewport=PHONE)
    page.goto("/#/new/primes")
    page.get_by_label("limit").fill("many")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#field-limit-wrong")).to_contain_text("whole number")
    _take(page, "form-phone-dark")
    page.close()


def _page(browser: Browser, api: API, scheme: Scheme, *, viewport: ViewportSize = DESK) -> Page:
    return browser.new_page(
        base_url=f"http://127.0.0.1:{api.port}", color_scheme=scheme, viewport=viewport, **PLACE
    )


def _take(page: Page, name: str) -> None:
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()
