"""Reads from /proc what processes use, on Linux only."""

from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """One process as /proc has it."""

    pid: int
    parent: int
    command: str


def descendants(pid: int) -> list[Process]:
    """The children of this process, their children, and so on; neither what has ended nor what Python keeps its books with."""
    alive = [each for each in _alive() if "_tracker import main" not in each.command]
    processes: list[Process] = []
    parents = {pid}
    while children := [each for each in alive if each.parent in parents]:
        processes += children
        parents = {child.pid for child in children}
    return processes


def is_alive(pid: int) -> bool:
    """Whether this process runs; one that has ended and waits for its parent to notice does not."""
    return any(process.pid == pid for process in _alive())


def processes_with(variable: str) -> list[Process]:
    """The programs of Python that were started with this in their environment (`NAME=value`); the reaper of a worker is none of it."""
    entry = variable.encode()
    return [each for each in _alive() if entry in _environment(each.pid) and "reaper.py" not in each.command]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _alive() -> list[Process]:
    processes = (_read(directory) for directory in Path("/proc").iterdir() if directory.name.isdigit())
    return [process for process in processes if process is not None]


def _read(directory: Path) -> Process | None:
    try:
        # After the name in brackets, which may hold anything: the state, then the parent.
        state, parent = (directory / "stat").read_text().rpartition(")")[2].split()[:2]
        command = (directory / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except OSError:
        return None
    return None if state in "ZX" else Process(int(directory.name), int(parent), command)
