"""Files are chosen on the page, and results that are files are shown."""

from base64 import b64decode
from pathlib import Path

from playwright.sync_api import Page, expect

from tasks.images import ONE_PIXEL_PNG

PICTURE = b64decode(ONE_PIXEL_PNG)


def test_a_picture_goes_in_and_comes_out(page: Page, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(PICTURE)
    page.goto("/#/new/same_file")
    page.get_by_label("File for file").set_input_files(tmp_path / "red.png")
    expect(page.locator(".file img.preview")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".title .badge")).to_have_text("succeeded", timeout=20_000)
    expect(page.get_by_role("img", name="red.png")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save red.png").click()
    assert Path(download.value.path()).read_bytes() == PICTURE
