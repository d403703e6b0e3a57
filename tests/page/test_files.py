"""The page at `/` is complete, self-contained and safe."""

import re
from pathlib import Path

import httpx
import pytest

from lab.harness.checkout import ROOT

STATIC = ROOT / "api/celeriac_api/page/static"
FILES = sorted(file for file in STATIC.rglob("*") if file.is_file())
MODULES = [file for file in FILES if file.suffix == ".js"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html", ".css": "text/css", ".js": "javascript", ".svg": "image/svg+xml"}


def name(file: Path) -> str:
    """As a parametrized test is called."""
    return file.relative_to(STATIC).as_posix()


def test_the_page_is_served_and_says_what_it_may_load(quiet: httpx.Client) -> None:
    page = quiet.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text == (STATIC / "index.html").read_text()
    assert page.headers["content-security-policy"] == POLICY
    assert page.headers["x-content-type-options"] == "nosniff"
    assert len(page.headers.get_list("x-request-id")) == 1


@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_file_of_the_page_is_served_as_what_it_is(file: Path, quiet: httpx.Client) -> None:
    asset = quiet.get(f"/static/page/{name(file)}")
    assert asset.status_code == 200
    assert asset.content == file.read_bytes()
    assert TYPES[file.suffix] in asset.headers["content-type"]
    assert asset.headers["content-security-policy"] == POLICY
    assert asset.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_has_not_changed_is_not_sent_again(quiet: httpx.Client) -> None:
    first = quiet.get("/static/page/app.js")
    again = quiet.get("/static/page/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "no-cache"
    assert again.status_code == 304


def test_all_that_the_page_refers_to_is_there() -> None:
    names = {name(file) for file in FILES}
    html = (STATIC / "index.html").read_text()
    referred = set(re.findall(r'(?:src|href)="static/page/([^"]+)"', html))
    for module in MODULES:
        imported = re.findall(r'from "(\.[^"]+)"', module.read_text())
        referred |= {name((module.parent / path).resolve()) for path in imported}
    assert referred == names - {"index.html"}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nothing_refers_to_another_host(file: Path) -> None:
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    # In a command that is shown, and nobody has this host (RFC 2606).
    text = text.replace('"https://shop.example/hooks/celeriac"', "")
    assert not re.search(r"https?:|[\"'(]//|@import|url\(", text)


def test_the_page_has_no_script_style_or_handler_in_it() -> None:
    html = (STATIC / "index.html").read_text()
    assert re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL) == [
        (' type="module" src="static/page/app.js"', "")
    ]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_data_never_becomes_markup_or_code(module: Path) -> None:
    text = module.read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
    assert text.startswith("//")
    assert len(text.splitlines()) < 200


def test_the_page_is_read_only_and_nothing_beside_it_is_served(quiet: httpx.Client) -> None:
    assert quiet.post("/").status_code == 405
    assert quiet.post("/static/page/app.js").status_code == 405
    for path in ("nothing", "../page.py", "%2e%2e/page.py", ""):
        response = quiet.get(f"{quiet.base_url}/static/page/{path}")
        assert response.status_code == 404
        assert response.json()["type"] == "urn:celeriac:problem:route-not-found"


def test_the_page_is_no_part_of_the_api_s_description(quiet: httpx.Client) -> None:
    assert "/" not in quiet.get("/openapi.json").json()["paths"]


def test_the_page_is_there_while_redis_is_away(cut_off: httpx.Client) -> None:
    assert cut_off.get("/").status_code == 200
    assert cut_off.get("/static/page/app.js").status_code == 200
