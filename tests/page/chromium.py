"""Chromium without a window, and the page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

PROGRAM = shutil.which("chromium")
PHONE = ViewportSize(width=390, height=844)
# On a machine with too much to do.
PATIENCE_MILLISECONDS = 60_000


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        # A container has no user namespaces for the sandbox, and little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=PROGRAM, args=options)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Browser, port: int, *, path: str = "/", **options: Any) -> Iterator[Page]:
    """The page in a context of its own; a fault of its scripts, or a breach of its policy, fails the test."""
    base_url = f"http://127.0.0.1:{port}"
    context = browser.new_context(base_url=base_url, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(_complaint(message)))
    page.on("request", lambda request: faults.extend(_foreign(request.url, base_url)))
    page.goto(path)
    yield page
    context.close()
    assert faults == []


def _complaint(message: ConsoleMessage) -> list[str]:
    """What is wrong, but for answers that are refusals: the page tells those itself."""
    expected = message.type != "error" or message.text.startswith("Failed to load resource")
    return [] if expected else [message.text]


def _foreign(url: str, base_url: str) -> list[str]:
    is_ours = url.startswith((base_url, f"blob:{base_url}"))
    return [] if is_ours else [url]
