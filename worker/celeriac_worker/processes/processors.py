"""Counts the processors that a worker may use, by its container's quota."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def usable_processors(*, root: Path = ROOT) -> int:
    """The number of processors that this process may use, limited by the CPU quotas of its control groups, rounded up."""
    quotas = [math.ceil(quota) for directory in _groups(root) for quota in _quotas(directory)]
    return max(1, min([_allowed(), *quotas]))


def _allowed() -> int:
    """By the affinity of this process, where the system knows one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _groups(root: Path) -> Iterator[Path]:
    """The directories of our control groups, of either version, each with those that it lies in.

    In a container the group's own directory is mostly the root of what is mounted, whatever its path is outside.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounted = root / "sys/fs/cgroup" / controllers
        for names in (Path(path.lstrip("/")), *Path(path.lstrip("/")).parents):
            yield mounted / names


def _quotas(group: Path) -> Iterator[float]:
    """In processors: version 2 has one file for quota and period, version 1 two; `max` and -1 are none."""
    for files in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((group / file).read_text() for file in files).split()
        except (OSError, ValueError):
            continue
        if quota.isdigit() and int(quota) > 0:
            yield int(quota) / int(period)
