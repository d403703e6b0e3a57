"""`make docs` builds a site that works offline, with its links and its search."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
import typer
from typer.main import get_command

from celeriac.command.main import app
from lab.harness.checkout import ROOT

# What a browser loads by itself: in HTML by these attributes, in style sheets by these words.
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
IN_STYLES = re.compile(r"(?:@import\s+|url\()[\"']?(?:https?:)?//")


class Html(HTMLParser):
    """The links of a page, its ids, and what a browser loads for it."""

    def __init__(self, file: Path) -> None:
        """Read this file."""
        super().__init__()
        self.file = file
        self.links, self.ids, self.loaded = set[str](), {""}, set[str]()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this tag has of it."""
        values = {name: value for name, value in attrs if value is not None}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        if LOADED.get(tag) in values:
            self.loaded.add(values[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, where a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    building = subprocess.run(
        [sys.executable, "-m", "lab.site", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert building.returncode == 0, building.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    """Every page of the site, by its file."""
    return {file: Html(file) for file in sorted(site.rglob("*.html"))}


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def test_every_page_is_in_the_site(pages: dict[Path, Html], site: Path) -> None:
    sources = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    expected = {site / source.relative_to(ROOT).with_suffix(".html") for source in sources}
    assert expected - pages.keys() == set()
    assert len(expected) > 30


def test_every_link_leads_somewhere(pages: dict[Path, Html]) -> None:
    broken = [
        f"{page.file.name}: {link}"
        for page in pages.values()
        for link in page.links | page.loaded
        if not urlsplit(link).scheme and not leads_somewhere(page, link, pages)
    ]
    assert broken == []


def leads_somewhere(page: Html, link: str, pages: dict[Path, Html]) -> bool:
    """Whether there is such a file, and, in a page, such an anchor."""
    parts = urlsplit(link)
    target = (page.file.parent / unquote(parts.path)).resolve() if parts.path else page.file
    if target not in pages:
        return target.is_file()
    return unquote(parts.fragment) in pages[target].ids


def test_a_browser_loads_nothing_from_elsewhere(pages: dict[Path, Html], site: Path) -> None:
    foreign = [
        f"{page.file.name}: {address}"
        for page in pages.values()
        for address in page.loaded
        if address.startswith(("http:", "https:", "//"))
    ]
    styles = [str(file) for file in site.rglob("*.css") if IN_STYLES.search(file.read_text(encoding="utf-8"))]
    assert (foreign, styles) == ([], [])


def test_every_command_has_a_section_with_its_options(pages: dict[Path, Html], site: Path) -> None:
    page = site / "docs/reference/command.html"
    text = page.read_text(encoding="utf-8")
    for name, options in commands():
        assert name.replace(" ", "-") in pages[page].ids
        assert all(f">{option}" in text for option in options), name
    assert "\N{EN DASH}" not in text, "two dashes would be copied as one"


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command with its long options."""
    waiting = [("celeriac", get_command(app))]
    for name, command in waiting:
        parameters = command.get_params(typer.Context(command))
        yield name, [option for parameter in parameters for option in parameter.opts if option[:2] == "--"]
        inner = getattr(command, "commands", {})
        waiting += [(f"{name} {word}", part) for word, part in inner.items() if not part.hidden]


def test_a_file_that_a_page_links_to_has_a_page_of_its_own(site: Path) -> None:
    assert "segno" in (site / "files/examples/own_image/shop/labels.py.html").read_text(encoding="utf-8")
    assert 'href="tasks/numbers.py.html"' in (site / "files/worker/tasks.html").read_text(encoding="utf-8")


def test_the_search_finds_a_page_by_a_header(address: str) -> None:
    pytest.importorskip("playwright")
    from tests.page.chromium import PROGRAM, opened, running_chromium  # noqa: PLC0415 - it may not be installed

    if PROGRAM is None:
        pytest.skip("chromium is not installed")
    port = int(address.rpartition(":")[2])
    with running_chromium() as browser, opened(browser, port) as page:  # which fails on a foreign request
        page.wait_for_url("**/docs/index.html")
        page.get_by_placeholder("Search").first.fill("Idempotency-Key")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=Idempotency-Key*")
        page.locator("#search-results a", has_text="HTTP").first.click()
        page.wait_for_url("**/docs/reference/http.html*")
        assert "Idempotency-Key" in page.inner_text("article")
