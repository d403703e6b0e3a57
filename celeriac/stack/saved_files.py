"""Watches the files of tasks, and yields those that were saved."""

import sys
from collections.abc import AsyncIterator
from importlib.machinery import PathFinder
from pathlib import Path

from watchfiles import PythonFilter, awatch

# Files that an editor writes one after the other count as one change.
QUIET_MILLISECONDS = 50
LONGEST_WAIT_MILLISECONDS = 400


async def saved_files(packages: str) -> AsyncIterator[list[str]]:
    """The names of the Python files that were saved, each time; first an empty list, when all is watched."""
    is_watching = False
    async for changes in awatch(
        *_directories(packages),
        watch_filter=PythonFilter(),
        step=QUIET_MILLISECONDS,
        debounce=LONGEST_WAIT_MILLISECONDS,
        rust_timeout=LONGEST_WAIT_MILLISECONDS,
        yield_on_timeout=True,
    ):
        if changes or not is_watching:
            yield sorted({Path(file).name for _, file in changes})
            is_watching = True


def _directories(packages: str) -> set[Path]:
    """Where the outermost packages of the tasks lie; for a single file, its directory. None of them is imported."""
    directories = set()
    for package in packages.split(","):
        outermost = package.strip().partition(".")[0]
        spec = PathFinder.find_spec(outermost, sys.path)
        if spec is not None and spec.submodule_search_locations is not None:
            directories |= set(map(Path, spec.submodule_search_locations))
        elif spec is not None and spec.origin is not None:
            directories.add(Path(spec.origin).parent)
    return directories or {Path.cwd()}
