"""`python -m lab.install LOCK` installs the packages of a lock, with progress.

It needs nothing but Python's own library and pip, for it is what `make` runs first in a new `.venv`.
"""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

# The packages of the user's own tasks: not in git, installed again whenever `.venv` is set up.
LOCAL = "local.txt"
# Names every version of ours, those of the tools included: what is installed for tasks does not change them.
WHOLE = "dev.txt"

# Unbuffered: what it says is to be seen at once.
PIP = [sys.executable, "-u", "-m", "pip", "--disable-pip-version-check", "install", "--no-compile"]
_PINNED = re.compile(r"^[A-Za-z0-9][^\s=]*==[^\\\n]*", re.MULTILINE)
_LOOKED_AT = re.compile(
    r"(?:Collecting|Requirement already satisfied:|Ignoring|Processing(?= \S*/)) (?:\S*/)?(?P<name>\w[\w.-]*)"
)
# How many lines a log gets that is not a terminal.
STEPS = 8
# What pip wrote last, shown when it fails.
LAST_LINES = 25


def main(lock: Path) -> int:
    """The exit code: pip's own, after its last words, where it fails."""
    code = _install(["--no-deps", "--require-hashes", "--requirement", str(lock)], Progress(_count(lock)))
    local = lock.with_name(LOCAL)
    if code == 0 and local.exists():
        code = _install_local(local, lock.with_name(WHOLE))
    return code


class Progress:
    """How many packages pip has looked at: in a terminal one line that changes, elsewhere a few lines."""

    def __init__(self, total: int, *, output: TextIO = sys.stdout) -> None:
        """Nothing is written yet."""
        self._total, self._done, self._output = total, 0, output
        self._step = 1 if output.isatty() else max(1, -(-total // STEPS))

    def see(self, line: str) -> None:
        """Take note of a line of pip's."""
        if match := _LOOKED_AT.match(line):
            self._done = min(self._done + 1, self._total)
            if self._done % self._step == 0 or self._done == self._total:
                self._write(f"  {self._done} of {self._total} packages: {match['name']}")
        elif line.startswith("Installing collected packages"):
            self._write("  writing them to .venv")

    def end(self) -> None:
        """Leave the line."""
        if self._output.isatty():
            self._output.write("\r\033[K")
            self._output.flush()

    def _write(self, text: str) -> None:
        self._output.write(f"\r\033[K{text}" if self._output.isatty() else f"{text}\n")
        self._output.flush()


def _install_local(local: Path, whole: Path) -> int:
    """The packages of the tasks, in versions that go with ours."""
    print(f"Installing what {local} lists.", flush=True)  # noqa: T201 - it talks to whoever typed make
    with TemporaryDirectory() as directory:
        own_lock = Path(directory) / "ours.txt"
        # Without hashes, which pip would then ask for of every package.
        own_lock.write_text("\n".join(_PINNED.findall(whole.read_text())))
        return _install(["--requirement", str(local), "--constraint", str(own_lock)], Progress(_count(local)))


def _install(arguments: Sequence[str], progress: Progress) -> int:
    last_lines: deque[str] = deque(maxlen=LAST_LINES)
    command = [*PIP, "--progress-bar", "off", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            last_lines.append(line)
            progress.see(line)
    progress.end()
    if pip.returncode != 0:
        sys.stderr.write("".join(last_lines))
    return pip.returncode


def _count(requirements: Path) -> int:
    """How many packages a file names."""
    return len(re.findall(r"^[A-Za-z0-9]", requirements.read_text(), re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
