"""The command in this process; the wheel of this checkout, built once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT
from tests.command.running import Celeriac

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture
def celeriac(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Celeriac:
    """The command, with a file of profiles of this test's own."""
    monkeypatch.setenv("CELERIAC_CONFIG", str(tmp_path / "celeriac" / "config.toml"))
    return Celeriac(monkeypatch, capsys)


@pytest.fixture(scope="session")
def wheel(directory: Path) -> Path:
    """The file that `pip install` would get."""
    place = directory / "wheel"
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), str(ROOT)],
        check=True,
    )
    (file,) = place.glob("*.whl")
    return file


def pinned(directory: Path) -> list[str]:
    """Options of pip that choose the versions of the lock."""
    file = directory / "pinned.txt"
    lock = (ROOT / "requirements/dev.txt").read_text()
    file.write_text("\n".join(re.findall(r"^\S+==\S+", lock, re.MULTILINE)))
    return ["--constraint", str(file)]
