"""`pip install celeriac` without extras: the client and the command, and little else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lab.harness.checkout import ROOT
from tests.command.conftest import PIP, pinned
from tests.command.test_installed import environment
from tests.support.marks import linux_only

pytestmark = linux_only
PAGE = ROOT / "docs/how-to/client.md"


@pytest.fixture(scope="module")
def programs(wheel: Path, directory: Path) -> Path:
    """The directory of `celeriac` and `python` in an environment that holds the wheel and what it requires."""
    place = directory / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    pip = [*PIP, "--python", str(place / "bin/python"), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, *pinned(directory), str(wheel)], check=True)
    return place / "bin"


def run(programs: Path, url: httpx.URL, *command: str) -> subprocess.CompletedProcess[str]:
    """A program of this environment, far from any checkout."""
    variables = {**environment(programs), "CELERIAC_URL": str(url)}
    return subprocess.run(
        [programs / command[0], *command[1:]],
        cwd=programs,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_packages_that_come_with_it_are_those_on_the_page(programs: Path) -> None:
    listing = [*PIP, "--python", str(programs / "python"), "list", "--format", "json"]
    names = {
        package["name"].lower().replace("_", "-") for package in json.loads(subprocess.check_output(listing))
    }
    (line,) = re.findall(r"^Installed without extras: (.*)\.$", PAGE.read_text(), re.MULTILINE)
    assert names - {"celeriac"} == set(line.split(", "))


def test_the_readmes_client_and_the_command_reach_a_server_elsewhere(
    programs: Path, client: httpx.Client
) -> None:
    (program,) = re.findall(
        r"^```python\n(from celeriac import Client\n.*?)^```",
        (ROOT / "README.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    script = run(programs, client.base_url, "python", "-c", program)
    assert (script.stdout, script.stderr) == ("Hello, Ada! Hello, Ada!\n", "")
    command = run(programs, client.base_url, "celeriac", "run", "add", "x=4", "y=5")
    assert (command.stdout, command.returncode) == ("9\n", 0)


def test_what_needs_the_services_names_the_extra(programs: Path, client: httpx.Client) -> None:
    refusal = run(programs, client.base_url, "celeriac", "up")
    assert (refusal.returncode, refusal.stdout) == (2, "")
    assert "pip install 'celeriac[" in refusal.stderr
