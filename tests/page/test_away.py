"""What is away is said, and the page comes back by itself."""

import signal
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from lab.harness.servers import API, running_api, running_worker
from tests.page.chromium import opened
from tests.support.door import run


def test_an_api_that_is_away_is_told_and_the_page_comes_back_by_itself(
    page: Page, browser: Browser, api: API
) -> None:
    with opened(browser, api.port) as form:
        form.goto("/#/new/add")
        form.get_by_label("x", exact=True).fill("17")
        expect(page.get_by_label("Filters")).to_be_visible()
        api.signal(signal.SIGSTOP)
        try:
            for one in (page, form):
                expect(one.get_by_role("status")).to_contain_text("The API does not answer.", timeout=20_000)
        finally:
            api.signal(signal.SIGCONT)
        for one in (page, form):
            expect(one.get_by_role("status")).to_be_empty(timeout=20_000)
        expect(form.get_by_label("x", exact=True)).to_have_value("17")
    with api.client() as client:
        task = run(client, "add", x=1, y=2)
    expect(page.locator("tbody tr", has_text=task["task_id"][:8])).to_contain_text("succeeded")


def test_a_form_comes_though_the_question_for_it_was_lost_when_the_api_was_back_already(page: Page) -> None:
    said = page.get_by_role("status")
    held: list[Route] = []
    away = ["/readyz"]
    page.goto("/#/new/add")
    page.route("**/catalog", lambda route, _: held.append(route), times=1)
    page.route("**/readyz", lambda route: route.abort() if away else route.continue_())
    page.reload()
    expect(said).to_contain_text("The API does not answer.")
    away.clear()
    expect(said).to_be_empty()
    (asked_too_early,) = held
    asked_too_early.abort()
    expect(page.get_by_label("x", exact=True)).to_be_visible()


def test_redis_and_the_workers_are_missed_until_they_are_there(browser: Browser, tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "valkey", port=free_port())
    with running_api(tmp_path, redis_url=valkey.url) as api, opened(browser, api.port) as page:
        said = page.get_by_role("status")
        expect(said).to_contain_text("Redis does not answer.", timeout=20_000)
        page.goto("/#/workers")
        with valkey:
            expect(said).to_contain_text("No worker is running.", timeout=30_000)
            expect(page.locator("main")).to_contain_text("wait until a worker starts")
            with running_worker(tmp_path, redis_url=valkey.url):
                expect(page.get_by_label("Workers")).to_contain_text("celery-", timeout=20_000)
                expect(said).to_be_empty(timeout=20_000)


def test_a_redis_that_would_lose_tasks_is_not_said_to_be_away(browser: Browser, tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as valkey,
        running_api(tmp_path, redis_url=valkey.url) as api,
        opened(browser, api.port) as page,
    ):
        said = page.get_by_role("status")
        expect(said).to_contain_text("Redis can lose tasks.", timeout=20_000)
        expect(said).to_contain_text("append-only")
        expect(said).not_to_contain_text("Trying again")
        expect(page.locator("main")).to_contain_text("No tasks yet.")
