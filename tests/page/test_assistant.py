"""The page of the example of an assistant shows what its task reports."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from lab.harness.checkout import ROOT
from tests.examples.test_assistant import assistant

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Files(SimpleHTTPRequestHandler):
    """As `python -m http.server` gives them."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address of these files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=directory)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_its_page_shows_the_tools_and_the_answer(
    browser: "Browser",
    new_database: Callable[[], str],
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - it may not be installed

    with (
        served(ROOT / "examples/assistant") as files,
        assistant(new_database(), directory, monkeypatch, cors_origins=files) as url,
        browser.new_context() as context,
    ):
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{files}/page.html?api={url}")
        page.get_by_label("Question").fill("How many words are there?")
        page.get_by_role("button", name="Ask").click()
        expect(page.locator("#answer")).to_have_text(
            re.compile(r'^I have: \{"to": 2, "be": 2, "or": 1, "not": 1\}This did not work: ')
        )
        expect(page.locator("#tools")).to_contain_text('word_count {"text": "to be or not to be"}')
        expect(page.get_by_role("button", name="Stop")).to_be_disabled()
        assert faults == []
