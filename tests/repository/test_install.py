"""`make` installs a lock with progress, and keeps what the user installed."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from lab.harness.checkout import ROOT

# Builds the checkout of the clone: the wheel that lies there.
BACKEND = """
import shutil

def build_editable(directory, *_):
    return shutil.copy("wheels/checkout-1.0-py3-none-any.whl", directory).rpartition("/")[2]
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# Those of make itself, and of a `make test` that runs this.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@pytest.fixture(scope="module")
def clone(directory: Path) -> Path:
    """A clone with the locks of two packages; whatever is installed into its .venv comes from wheels in it."""
    clone = directory / "clone"
    shutil.copytree(ROOT / "lab", clone / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", clone)
    (clone / "backend.py").write_text(BACKEND)
    (clone / "pyproject.toml").write_text(PROJECT)
    for name in ("checkout", "ours", "tool", "theirs", "byhand"):
        add_wheel(clone, name, "1.0")
    add_wheel(clone, "ours", "2.0")
    lock(clone, "run", ours="1.0")
    lock(clone, "dev", ours="1.0", tool="1.0")
    (clone / "requirements/local.txt").write_text("theirs\n")
    return clone


def test_what_was_installed_for_tasks_stays_when_a_lock_changes_and_make_run_gets_no_tools(
    clone: Path,
) -> None:
    said = make(clone, ".venv/runnable")
    assert "1 of 1 packages: ours" in said
    assert installed(clone) == {"ours": "1.0", "theirs": "1.0"}
    assert (clone / ".venv/bin/checkout").exists()
    pip(clone, "byhand")
    lock(clone, "run", ours="2.0")
    lock(clone, "dev", ours="2.0", tool="1.0")
    make(clone, ".venv/installed")
    assert installed(clone) == {"ours": "2.0", "theirs": "1.0", "byhand": "1.0", "tool": "1.0"}
    assert make(clone, ".venv/runnable") == "make: '.venv/runnable' is up to date.\n"
    break_venv(clone)
    lock(clone, "run", ours="1.0")
    assert "Setting up .venv" in make(clone, ".venv/runnable")
    assert installed(clone) == {"ours": "1.0", "theirs": "1.0"}


def test_a_package_of_a_task_does_not_change_one_of_ours_and_is_refused_with_its_name(clone: Path) -> None:
    lock(clone, "dev", ours="1.0")
    (clone / "requirements/local.txt").write_text("ours>=2\n")
    refused = run(clone, ".venv/installed")
    assert refused.returncode == 2
    assert "ours>=2" in refused.stderr
    assert installed(clone)["ours"] == "1.0"


def add_wheel(clone: Path, name: str, version: str) -> None:
    """A package that pip can install, with one empty module."""
    about = f"{name}-{version}.dist-info"
    wheels = clone / "wheels"
    wheels.mkdir(exist_ok=True)
    with ZipFile(wheels / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{about}/RECORD", "")


def lock(clone: Path, name: str, **versions: str) -> None:
    """Write a lock as `make lock` would, newer than what was installed from the last one."""
    lines = [
        f"{package}=={version} \\\n    --hash=sha256:{digest(clone, package, version)}\n"
        for package, version in versions.items()
    ]
    file = clone / "requirements" / f"{name}.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(lines))
    newest = max((mark.stat().st_mtime for mark in (clone / ".venv").glob("*able")), default=0)
    os.utime(file, (newest + 1, newest + 1) if newest else None)


def digest(clone: Path, name: str, version: str) -> str:
    """Of the wheel."""
    return hashlib.sha256((clone / "wheels" / f"{name}-{version}-py3-none-any.whl").read_bytes()).hexdigest()


def break_venv(clone: Path) -> None:
    """As an upgrade of the system's Python does."""
    for python in (clone / ".venv/bin").glob("python*"):
        python.unlink()


def installed(clone: Path) -> dict[str, str]:
    """The packages that are there beside the checkout, with their versions."""
    lines = pip(clone, command="freeze").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith(("#", "-e ", "checkout")))


def pip(clone: Path, *arguments: str, command: str = "install") -> str:
    """What a user does by hand."""
    whole = [str(clone / ".venv/bin/python"), "-m", "pip", command, *arguments]
    ended = subprocess.run(whole, env=environment(clone), capture_output=True, text=True, check=True)
    return ended.stdout


def make(clone: Path, target: str) -> str:
    """What it prints; it has to succeed."""
    ended = run(clone, target)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def run(clone: Path, target: str) -> subprocess.CompletedProcess[str]:
    """However it ends."""
    command = ["make", "--no-print-directory", target]
    return subprocess.run(
        command, cwd=clone, env=environment(clone), capture_output=True, text=True, check=False
    )


def environment(clone: Path) -> dict[str, str]:
    """In which pip finds the wheels and nothing else."""
    ours = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    only = {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone / "wheels"), "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "LC_ALL": "C",
    }  # fmt: skip
    return ours | only
