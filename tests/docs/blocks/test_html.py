"""The page of docs/how-to/call.md shows progress and result of a task in a browser."""

import shutil
from importlib.util import find_spec

import pytest

from lab.harness.servers import API
from tests.docs.blocks.block import all_blocks


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
@pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed")
def test_the_page_shows_progress_and_result(api: API) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - it may not be installed

    from tests.page.chromium import opened, running_chromium  # noqa: PLC0415 - likewise

    (block,) = (block for block in all_blocks() if block.language == "html")
    with running_chromium() as browser, opened(browser, api.port, path="/livez") as page:
        page.set_content(block.text.replace("http://localhost:8000", f"http://127.0.0.1:{api.port}"))
        expect(page.locator("output")).to_have_text("999983")
        assert page.locator("progress").get_attribute("max") == "1000000"
