"""One browser for these tests, which are skipped where there is none."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from lab.harness.servers import API

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

if find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """Not for the whole session: asyncio cannot be used beside it."""
    from tests.page.chromium import PROGRAM, running_chromium  # noqa: PLC0415 - it may not be installed

    if PROGRAM is None:
        pytest.skip("chromium is not installed")
    with running_chromium() as chromium:
        yield chromium


@pytest.fixture
def page(browser: "Browser", api: API) -> "Iterator[Page]":
    """The page, at its list of tasks."""
    from tests.page.chromium import opened  # noqa: PLC0415 - likewise

    with opened(browser, api.port) as page:
        yield page
