"""The page on testing is a project, whose tests pass side by side."""

import subprocess
from pathlib import Path

from tests.docs.blocks.block import Block, all_blocks
from tests.testing.project import environment, pytest_command

# Of a shell that knows another system.
PRODUCTION = {
    "CELERIAC_KEY": "clrc_of_another",
    "CELERIAC_KEYS_FILE": "/nowhere",
    "CELERIAC_REDIS_URL": "redis://production",
    "CELERIAC_URL": "https://production",
}


def test_the_tests_of_the_page_pass_and_each_process_of_them_has_a_stack_of_its_own(tmp_path: Path) -> None:
    for block in all_blocks():
        if block.page == "docs/how-to/testing.md":
            (tmp_path / name_of(block)).write_text(block.text)
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


def name_of(block: Block) -> str:
    """The first block is the file of tasks, the one of TOML is the project's, all others are tests."""
    if block.language == "toml":
        return "pyproject.toml"
    return "shop.py" if block.number == 1 else f"test_{block.number}.py"
