"""The wheel holds the three packages, whole, and nothing else."""

import re
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from celeriac.version import VERSION
from lab.harness.checkout import ROOT

PLACES = {"celeriac": ROOT, "celeriac_api": ROOT / "api", "celeriac_worker": ROOT / "worker"}


def test_the_wheel_holds_every_file_of_the_three_packages_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    ours = {name for name in names if ".dist-info/" not in name}
    assert ours == {
        str(file.relative_to(place))
        for package, place in PLACES.items()
        for file in (place / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert ours >= {f"{package}/py.typed" for package in PLACES}
    assert ours >= {"celeriac/ledger/lua/api/accept_tasks.lua", "celeriac_api/page/static/index.html"}
    assert {name.partition("/")[0] for name in names} == {*PLACES, f"celeriac-{VERSION}.dist-info"}


def test_the_wheel_has_the_version_the_command_and_an_extra_for_each_part(wheel: Path) -> None:
    assert metadata(wheel)["Version"] == VERSION
    assert metadata(wheel).get_all("Provides-Extra") == [
        "all",
        "api",
        "app",
        "generate",
        "local",
        "oidc",
        "otel",
        "s3",
        "worker",
    ]
    assert f"\n## [{VERSION}] - " in (ROOT / "CHANGELOG.md").read_text()
    base = {
        re.split(r"[^\w-]", line)[0]
        for line in metadata(wheel).get_all("Requires-Dist", [])
        if "extra ==" not in line
    }
    assert base == {"httpx", "httpx-sse", "pydantic", "rich", "typer", "typing-extensions"}


def test_the_wheel_announces_the_command_and_the_plug_in_of_pytest(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        text = file.read(f"celeriac-{VERSION}.dist-info/entry_points.txt").decode()
    assert "[console_scripts]\nceleriac = celeriac.command.main:main" in text
    assert "[pytest11]\nceleriac = celeriac.testing.plugin" in text


def test_the_command_tells_its_version_without_loading_a_service() -> None:
    program = "import sys; from celeriac.command.main import main\ntry: main()\nfinally: print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    version, _, loaded = ended.stdout.partition("\n")
    assert version == f"celeriac {VERSION}"
    assert {"celery", "fastapi", "httpx", "pydantic", "redis", "rich", "uvicorn"}.isdisjoint(loaded.split())


def metadata(wheel: Path) -> Message:
    """What an index shows of it."""
    with ZipFile(wheel) as file:
        return Parser().parsestr(file.read(f"celeriac-{VERSION}.dist-info/METADATA").decode())
