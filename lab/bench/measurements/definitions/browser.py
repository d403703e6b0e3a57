"""How soon `/docs` and the page can be used in Chromium."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lab.bench.figures import Figures
from lab.bench.measurements.definitions.announced import names
from lab.bench.report import Column

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAM = shutil.which("chromium")
PATIENCE_MILLISECONDS = 60_000
COLUMNS = [
    Column("/docs listed, ms"),
    Column("one task opened, ms"),
    Column("page listed, ms"),
    Column("a filter applied, ms"),
    Column("a task submitted, ms"),
]
DOCS, OPENED, PAGE = 0, 1, 2


def is_installed() -> bool:
    """Whether there is a Chromium, and what drives it."""
    return PROGRAM is not None and find_spec("playwright") is not None


@contextmanager
def running_browser() -> Iterator["Browser"]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may not be installed

    with sync_playwright() as playwright:
        # A container has no user namespaces for the sandbox, and little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=PROGRAM, args=options)
        yield chromium
        chromium.close()


def visit(browser: "Browser", port: int, number: int) -> Figures:
    """Use `/docs` and the page of an API where so many definitions are announced, with an empty cache."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page, name = context.new_page(), names(number)[-1]
    figures = _docs(page, name) + _page(page, name, number)
    context.close()
    return figures


def _docs(page: "Page", name: str) -> Figures:
    begin = time.perf_counter()
    page.goto("/docs")
    page.locator(".opblock-tag-section").first.wait_for()
    listed = time.perf_counter()
    page.goto(f"/docs?task={name}")
    page.locator(f".opblock-summary-path[data-path='/{name}']").click()
    page.locator(".opblock.is-open .opblock-body").wait_for()
    return (listed - begin) * 1e3, (time.perf_counter() - listed) * 1e3


def _page(page: "Page", name: str, number: int) -> Figures:
    begin = time.perf_counter()
    page.goto("/")
    # All of them, and "all tasks".
    page.wait_for_function(
        "number => document.querySelectorAll('#filter-name option').length > number", arg=number
    )
    listed = time.perf_counter()
    page.get_by_label("Task", exact=True).select_option(name)
    page.wait_for_url(f"**name={name}")
    filtered = time.perf_counter()
    page.get_by_role("link", name="New task").click()
    page.get_by_role("link", name=name).click()
    page.get_by_label("order", exact=True).fill("4")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/#/tasks/*")
    ended = time.perf_counter()
    return (listed - begin) * 1e3, (filtered - listed) * 1e3, (ended - filtered) * 1e3
