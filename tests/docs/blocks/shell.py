"""Runs a block of shell as a reader would, in an empty directory."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.harness.checkout import ROOT, python_path

PRELUDE = ROOT / "tests/docs/blocks/shell_prelude.sh"
# What blocks may use beside the functions of the prelude.
TOOLS = "base64 bash cat cp curl cut date env false grep head jq make mkdir openssl redis-cli rm sed seq sh sleep sort tail tee touch tr true uniq wc xargs".split()
# What lies in a checkout, and is named by blocks.
FILES = "deploy docker-compose.yml examples openapi.json requirements".split()
STATUS = re.compile(r"^status (\d+)$", re.MULTILINE)
COMMENT_STATUS = re.compile(r"# (\d{3})\b")
STREAM_SECONDS = "3"


@dataclass(frozen=True)
class Stack:
    """Where a block finds the API: its address, its Redis, a key that may do everything, and a task that has ended."""

    url: str
    redis_url: str
    key: str
    task_id: str

    def put_into(self, text: str) -> str:
        """The text with these in place of what the documentation has for them."""
        text = re.sub(r"(?:http://)?(?:localhost|127\.0\.0\.1):8000", self.url, text)
        text = text.replace("redis://127.0.0.1:6379/0", self.redis_url)
        return (
            text.replace("TASK_ID", self.task_id).replace(".venv/bin/", "").replace("/opt/celeriac/bin/", "")
        )


@dataclass(frozen=True)
class Outcome:
    """How a block ended, which programs it would have started, and the settings that it leaves behind."""

    code: int
    output: str
    errors: str
    calls: list[list[str]]
    settings: dict[str, str]


def run_block(text: str, stack: Stack, folder: Path) -> Outcome:
    """Run this text with bash."""
    tools = _folder_of_tools(folder)
    for name in FILES:
        (folder / name).symlink_to(ROOT / name)
    calls, settings = folder / ".calls", folder / ".settings"
    calls.touch()
    variables = {
        "PATH": str(tools),
        "PYTHON": sys.executable,
        "PYTHONPATH": python_path(),
        "ROOT": str(ROOT),
        "CALLS": str(calls),
        "HOME": str(folder),
        "CELERIAC_URL": stack.url,
        "CELERIAC_REDIS_URL": stack.redis_url,
        "KEY": stack.key,
        "NO_PROXY": "*",
        **({"CELERIAC_KEY": stack.key} if stack.key else {}),
        **({"STREAM_SECONDS": STREAM_SECONDS} if "curl -N" in text else {}),
    }
    script = f'. "{PRELUDE}"\n{stack.put_into(text)}\ncommand env -0 > "{settings}"\n'
    ended = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Outcome(
        ended.returncode, ended.stdout, ended.stderr, list(_calls(calls)), _settings(settings, variables)
    )


def unexpected_statuses(text: str, outcome: Outcome) -> list[str]:
    """The statuses that are neither a success nor the one in the comment behind the line that asked."""
    statuses = STATUS.findall(outcome.errors)
    lines = [line for line in text.splitlines() if "curl " in line]
    expected = (
        [COMMENT_STATUS.search(line) for line in lines]
        if len(lines) == len(statuses)
        else [None] * len(statuses)
    )
    return [
        status
        for status, comment in zip(statuses, expected, strict=True)
        if (comment[1] != status if comment else int(status) >= 400)
    ]


def _folder_of_tools(folder: Path) -> Path:
    """The only folder of PATH."""
    tools = folder / ".tools"
    tools.mkdir()
    for name in TOOLS:
        if program := shutil.which(name, path=os.environ["PATH"]):
            (tools / name).symlink_to(program)
    return tools


def _calls(file: Path) -> Iterator[list[str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield line.rstrip("\0").split("\0")


def _settings(file: Path, before: dict[str, str]) -> dict[str, str]:
    """The settings that the block itself has exported."""
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").split("\0"))
    return {
        name: value for name, _, value in pairs if name.startswith("CELERIAC_") and before.get(name) != value
    }


def words(call: list[str]) -> str:
    """A call as a person reads it."""
    return shlex.join(call)
