"""The page on testing is a project, whose tests pass side by side."""

import re
import subprocess
from pathlib import Path

from lab.harness.checkout import ROOT
from tests.testing.project import environment, pytest_command

BLOCK = re.compile(r"^ *```(python|toml)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Of a shell that knows another system.
PRODUCTION = {
    "CELERIAC_KEY": "clrc_of_another",
    "CELERIAC_KEYS_FILE": "/nowhere",
    "CELERIAC_REDIS_URL": "redis://production",
    "CELERIAC_URL": "https://production",
}


def test_the_tests_of_the_page_pass_and_each_process_of_them_has_a_stack_of_its_own(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs/how-to/testing.md").read_text())
    for number, (kind, text) in enumerate(blocks):
        (tmp_path / name_of(number, kind)).write_text(
            re.sub(r"^  ", "", text, flags=re.MULTILINE) if kind == "toml" else text
        )
    run = subprocess.run(
        pytest_command("-p", "anyio", "-p", "xdist", "-n", "2", "--basetemp", "temporary"),
        cwd=tmp_path,
        env=environment() | PRODUCTION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(list(tmp_path.glob("temporary/popen-gw*/celeriac0/worker.log"))) == 2


def name_of(number: int, kind: str) -> str:
    """The first block is the file of tasks, those of TOML are the project's, all others are tests."""
    if kind == "toml":
        return "pyproject.toml"
    return f"test_{number}.py" if number else "shop.py"
