"""The wheel of this checkout, built once."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


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
