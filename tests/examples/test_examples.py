"""Each example prints what its last lines say, and the documentation shows it."""

import re
import runpy
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT
from lab.harness.servers import API

PLACE = Path(__file__).parent
EXAMPLES = sorted(
    str(file.relative_to(PLACE).with_suffix(""))
    for file in PLACE.rglob("*.py")
    if not file.stem.startswith(("_", "test_"))
)
PAGES = [page.read_text() for page in ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_prints_what_it_says(
    name: str, api: API, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELERIAC_URL", f"http://127.0.0.1:{api.port}")
    runpy.run_path(str(PLACE / f"{name}.py"))
    output = re.sub(r"^# ?", "", text(name).partition("\n# Output:\n")[2], flags=re.MULTILINE)
    pattern = re.escape(output).replace("…", ".+")
    assert re.fullmatch(pattern, printed := capsys.readouterr().out), printed


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_shows_it(name: str) -> None:
    assert any(f"```python\n{text(name)}```" in page for page in PAGES)


def text(name: str) -> str:
    """The example as it is."""
    return (PLACE / f"{name}.py").read_text()
