"""The page and `/docs` work under a prefix."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lab.harness.servers import API
from tests.page.chromium import opened
from tests.support.nginx import PROGRAM, SAYS_ALL, running_nginx

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")


@pytest.fixture(scope="module")
def port(api: API, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a proxy before the API."""
    directory = Path(tmp_path_factory.mktemp("prefix")) / "nginx"
    with running_nginx(directory, {"/jobs": (api.port, SAYS_ALL), "/silent": (api.port, "")}) as port:
        yield port


@pytest.mark.parametrize("prefix", ["/jobs", "/silent"])
def test_a_task_is_submitted_watched_and_run_again(prefix: str, port: int, browser: Browser) -> None:
    with opened(browser, port, path=f"{prefix}/") as page:
        page.get_by_role("link", name="New task").click()
        page.get_by_role("link", name="add", exact=False).first.click()
        page.get_by_label("x", exact=True).fill("40")
        page.get_by_label("y", exact=True).fill("2")
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_label("Result", exact=True)).to_have_text("42")
        expect(page.get_by_label("Input", exact=True)).to_contain_text("40")
        page.get_by_role("button", name="Retry").click()
        page.get_by_role("button", name="Run it again").click()
        expect(page.get_by_label("Result", exact=True)).to_have_text("42")
        page.get_by_role("link", name="Queues").click()
        expect(page.locator("main")).to_contain_text("default")
        assert page.evaluate("getComputedStyle(document.querySelector('.top')).display") == "flex"


def test_the_description_can_be_tried_out(port: int, browser: Browser) -> None:
    with opened(browser, port, path="/jobs/") as page:
        expect(page.get_by_role("link", name="API")).to_have_attribute("href", "docs")
        page.set_default_timeout(60_000)  # it lays out every route
        page.goto("/jobs/docs#/health/livez")
        route = page.locator("#operations-health-livez")
        route.get_by_role("button", name="Try it out").click()
        route.get_by_role("button", name="Execute").click()
        expect(route.locator(".request-url")).to_contain_text(f"{port}/jobs/livez")
        expect(route.locator(".live-responses-table .response")).to_contain_text("200")
