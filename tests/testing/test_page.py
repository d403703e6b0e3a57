"""The page on testing is a project whose tests pass."""

import re
import subprocess
from pathlib import Path

from lab.harness.checkout import ROOT
from tests.testing.test_plugin import environment, pytest_command

BLOCK = re.compile(r"^ *```(python|toml)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs/how-to/testing.md").read_text())
    for number, (kind, text) in enumerate(blocks):
        (tmp_path / name_of(number, kind)).write_text(re.sub(r"^  ", "", text) if kind == "toml" else text)
    run = subprocess.run(
        pytest_command("-p", "anyio", "-q"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def name_of(number: int, kind: str) -> str:
    """The first block is the file of tasks, those of TOML are the project's, all others are tests."""
    if kind == "toml":
        return "pyproject.toml"
    return f"test_{number}.py" if number else "shop.py"
