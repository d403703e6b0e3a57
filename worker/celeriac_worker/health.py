"""`python -m celeriac_worker.health` prints each worker's last heartbeat; exits with 1 if too old.

Each worker has a file in shared memory; its time is that of the last heartbeat that Redis answered.
"""

import argparse
import fcntl
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

# Writable in every container, also in one whose root file system is read-only.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the files in it are made by mkstemp
PREFIX = "celeriac-worker-"
# Half a lease more than the default of CELERIAC_LEASE: by then its tasks run elsewhere.
LONGEST_SECONDS = 15.0


class Mark:
    """The file of this worker: made at its first heartbeat, locked for as long as it lives."""

    def __init__(self) -> None:
        """Nothing is written yet."""
        self._file: int | None = None

    def renew(self) -> None:
        """Record a heartbeat now. `OSError` if no file can be made."""
        if self._file is None:
            for _ in heartbeats():
                pass  # the files of those that have ended are gone now
            self._file, _ = tempfile.mkstemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_directory())
            fcntl.lockf(self._file, fcntl.LOCK_EX)
        os.utime(self._file)


def heartbeats() -> Iterator[tuple[int, float]]:
    """For each worker of this user on this machine: its process, and the age of its last heartbeat in seconds."""
    for path in sorted(_directory().glob(f"{PREFIX}*")):
        match = re.match(rf"{PREFIX}(\d+)-", path.name)
        with suppress(FileNotFoundError, PermissionError):  # it has just ended; it is another user's
            if match and not _is_left_behind(path):
                yield int(match[1]), time.time() - path.stat().st_mtime


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if every requested heartbeat is recent enough."""
    options = _options(arguments)
    ages = {
        process: age for process, age in heartbeats() if options.process is None or process == options.process
    }
    for process, age in ages.items():
        print(f"worker {process}: last heartbeat {age:.1f} s ago")  # noqa: T201 - it is asked on a command line
    if not ages:
        print("no worker runs here, or no worker has sent a heartbeat yet")  # noqa: T201 - likewise
    return int(not ages or max(ages.values()) > options.longest)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m celeriac_worker.health", description=__doc__)
    parser.add_argument(
        "--longest",
        type=float,
        default=LONGEST_SECONDS,
        help="how old a heartbeat may be, in seconds (%(default)s)",
    )
    parser.add_argument("--process", type=int, help="check one worker only: the id of its main process")
    return parser.parse_args(arguments)


def _directory() -> Path:
    if SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def _is_left_behind(path: Path) -> bool:
    """Whether its worker has ended, which lets go of the lock; then the file is removed."""
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        path.unlink()
        return True


if __name__ == "__main__":
    sys.exit(main())
