"""Reads how much CPU time a process has used, on Linux."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its threads so far, without its children; steps of 10 ms (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


def proportional_bytes(pid: int) -> int:
    """The same, but of what several processes share only its share of it (proc(5), smaps_rollup, Pss)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0]) * 1024


def tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    return [pid, *children(pid)]


def children(pid: int) -> list[int]:
    """The processes that this one has started, and theirs; none of one that ends meanwhile."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    child_ids = [int(child) for process_id in lists for child in process_id.split()]
    return [process_id for child in child_ids for process_id in (child, *children(child))]
